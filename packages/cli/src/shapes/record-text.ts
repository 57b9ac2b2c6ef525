import {
  eventFields,
  missingCosts,
  type DeadLetterReason,
  type DescribedEvent,
  type DescribedRecord,
  type EventField,
} from '@weir/pipeline';
import {wrapped} from '../recover/partition-text.ts';

/** One record for a person: the shape, the fields that were read, those that are missing and what that costs. */
export function recordText(record: DescribedRecord): string {
  return `${[...headLines(record), ...bodyLines(record)].join('\n')}\n`;
}

function headLines({line, index, shape, outcome, reason, event}: DescribedRecord): string[] {
  const lines = event !== null && event.parts.length > 1 ? event.parts : [line];
  const place = `${lines.length > 1 ? 'Lines' : 'Line'} ${lines.join(', ')}${index > 0 ? `, record ${index}` : ''}`;
  const named = shape === null ? '' : `${shape}, `;
  switch (outcome) {
    case 'event':
      return wrapped(
        `${named}an event${reason === null ? '' : ' saved from a torn body'}`,
        '  ',
        `${place}: `,
      );
    case 'skipped':
      return wrapped(`${named}skipped: it is known, and no call`, '  ', `${place}: `);
    case 'deadLetter':
      return wrapped(`${named}a dead letter: ${reason}`, '  ', `${place}: `);
  }
}

function bodyLines({outcome, reason, missing, event, closest}: DescribedRecord): string[] {
  if (event !== null) return eventLines(event, missing);
  if (outcome !== 'deadLetter') return [];
  const lacks = missing.length === 0 ? '' : `, which also has ${missing.join(', ')}`;
  return [
    ...wrapped(reasonTexts[reason as DeadLetterReason], '  '),
    ...(closest === undefined ? [] : wrapped(`Closest is ${closest}${lacks}.`, '  ')),
  ];
}

const nameWidth = 18;

function eventLines(event: DescribedEvent, missing: readonly string[]): string[] {
  const read = eventFields.filter((field) => event[field] !== null);
  const absent = eventFields.filter((field) => event[field] === null);
  const source = read.some(isCount) ? [fieldLine('tokenSource', event.tokenSource)] : [];
  return [
    ...read.map((field) => fieldLine(field, String(event[field]))),
    ...source,
    ...(absent.length === 0 ? [] : ['  Missing:']),
    ...absent.flatMap((field) => wrappedField(field, absentText(field, missing))),
    ...(missing.includes('usage') ? wrappedField('usage', `${unusable}: no tokens could be read`) : []),
  ];
}

function fieldLine(name: string, value: string): string {
  return `  ${name.padEnd(nameWidth)} ${value}`;
}

function wrappedField(name: string, text: string): string[] {
  return wrapped(text, ' '.repeat(nameWidth + 5), `    ${name.padEnd(nameWidth)} `);
}

function isCount(field: EventField): boolean {
  return field.endsWith('Tokens') && field !== 'remainingTokens';
}

const unusable = 'there, but of no use';
/** Of these `missing` does not say whether they were there. */
const alwaysNamed: ReadonlySet<EventField> = new Set(['requestId', 'eventTime', 'region', 'status']);

function absentText(field: EventField, missing: readonly string[]): string {
  const wasThere = missing.includes(field) && !alwaysNamed.has(field);
  return wasThere ? `${unusable}; ${missingCosts[field]}` : missingCosts[field];
}

/** What a reason means for a person who looks at a gateway's events. */
const reasonTexts: Readonly<Record<DeadLetterReason, string>> = {
  empty: 'There is nothing in it.',
  'not JSON': 'It is no JSON, and no text that was asked for (textShapes).',
  'not UTF-8': 'Its bytes are no UTF-8.',
  truncated: 'It breaks off, and no id or header could be saved from it.',
  'bad gzip': 'It begins like gzip, and cannot be unpacked.',
  'too large': 'It is larger than any body of an event hub, unpacked or as it is.',
  'too many records': 'The body holds more records than are read of one.',
  'not an object': 'It is JSON, but no object.',
  'unknown shape': 'No shape recognises it. Your own shape can be described: docs/gateways.md.',
  'bad request id': 'Its request id is there, but neither text nor absent.',
  'bad time': 'Its time cannot be read, or cannot be.',
  'bad status': 'Its status is no HTTP status.',
  'bad headers': 'Its headers are no map.',
  incomplete: 'A request whose response or error is not here.',
};
