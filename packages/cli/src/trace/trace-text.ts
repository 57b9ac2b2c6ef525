import type {DiagnosticsRow} from '@weir/pipeline';
import {wrapped} from '../recover/partition-text.ts';
import type {DocumentState} from './documents.ts';
import type {JoinJudgement} from './follow-call.ts';
import {tokensLines} from './tokens-note.ts';
import type {TraceReport} from './trace-report.ts';

const nameWidth = 11;
/** Where values begin. */
const below = ' '.repeat(nameWidth + 3);

/** For a terminal of 80 columns. */
export function traceText(report: TraceReport): string {
  const {requestId, events, duplicates, deadLetters, rows, documents} = report;
  const lines = [`Request ${requestId}`];
  for (const event of events) lines.push(...eventLines(event, requestId));
  if (duplicates > 0)
    lines.push(field('Repeats', `${duplicates} dropped: it came before within dedupe.horizon`));
  for (const {reason, layer} of deadLetters)
    lines.push(field('Set aside', `${reason} (${layer}): it is in no aggregate`));
  for (const row of rows) lines.push(...rowLines(row));
  if (events.length === 0) return rows.length === 0 ? '' : `${lines.join('\n')}\n`;
  lines.push(field('Join', joinText(report.join)));
  lines.push(field('Documents', documentsText(documents)));
  for (const {delta, state} of documents) lines.push(`    ${delta.target.id}  ${stateText(state)}`.trimEnd());
  return `${lines.join('\n')}\n`;
}

function eventLines(
  {partition, sequenceNumber, offset, enqueuedTimeMs, readings, readUpTo}: TraceReport['events'][number],
  requestId: string,
): string[] {
  const where = `partition ${partition}, sequence number ${sequenceNumber}${offset === '' ? '' : `, offset ${offset}`}`;
  const lines = [field('Event', where), field('', `enqueued ${iso(enqueuedTimeMs)}`)];
  for (const {reading, note} of readings) {
    const {shape, outcome, reason, missing, event} = reading;
    const bad = reason === null ? '' : ` (${reason})`;
    lines.push(
      field(
        'Read as',
        `${outcome === 'event' ? 'an event' : 'a dead letter'} of shape ${shape ?? 'unknown'}${bad}`,
      ),
    );
    if (event === null) continue;
    lines.push(
      field(
        '',
        `at ${event.eventTime ?? 'the enqueued time'}, status ${event.status ?? 'unknown'}, ${streamText(event.stream)}`,
      ),
    );
    lines.push(field('', `region ${event.region ?? 'unknown'}, deployment ${event.deployment ?? 'unknown'}`));
    lines.push(...tokensLines(event, {requestId, note, indent: below}));
    if (missing !== undefined) lines.push(field('', `absent or unusable: ${missing.join(', ')}`));
  }
  if (readings.length === 0) lines.push(field('Read as', 'part of the call above'));
  if (readUpTo !== undefined) {
    const isPast = readUpTo.sequenceNumber >= sequenceNumber;
    lines.push(
      field(
        'Worker',
        `${isPast ? 'has read it' : 'has not read it yet'}: partition ${partition} up to event ${readUpTo.sequenceNumber}`,
      ),
    );
  }
  return lines;
}

function streamText(stream: boolean | null): string {
  if (stream === null) return 'streamed or not unknown';
  return stream ? 'streamed' : 'not streamed';
}

function rowLines({timeGeneratedMs, durationMs, streamType, model, modelVersion}: DiagnosticsRow): string[] {
  return [
    field(
      'Diagnostics',
      `${durationMs ?? 'unknown'} ms, ${streamType}, ${model || 'unknown model'} ${modelVersion}`.trimEnd(),
    ),
    field('', `generated ${iso(timeGeneratedMs)}`),
  ];
}

function joinText(join: JoinJudgement): string {
  switch (join.kind) {
    case 'matched':
      return 'matched';
    case 'unmatched':
      return 'unmatched: no diagnostics came before the deadline';
    case 'waiting':
      return `waits for its diagnostics until ${iso(join.deadlineMs)}`;
    case 'could not ask':
      return `not known: ${join.cause}`;
    case 'no id':
      return 'unmatched: its shape has no id to join by';
    case 'in parts':
      return 'not yet: other parts of the call may come (join.mergeWait)';
    case 'none':
      return 'nothing to join';
  }
}

function documentsText(documents: TraceReport['documents']): string {
  const states = documents.map(({state}) => state);
  const there = states.filter(({kind}) => kind === 'there').length;
  if (states.every(({kind}) => kind === 'not asked')) return `it goes into ${states.length}`;
  const silent = states.find((state) => state.kind === 'no answer');
  return silent === undefined
    ? `it goes into ${states.length}, of which Cosmos DB has ${there}`
    : `it goes into ${states.length}; Cosmos DB gives no answer: ${silent.cause}`;
}

function stateText(state: DocumentState): string {
  switch (state.kind) {
    case 'there':
      return `${state.requests.toLocaleString('en-US')} ${state.requests === 1 ? 'request' : 'requests'}`;
    case 'missing':
      return 'missing';
    case 'not asked':
      return '';
    case 'no answer':
      return 'no answer';
  }
}

function field(name: string, value: string): string {
  return wrapped(value, below, `  ${name.padEnd(nameWidth)} `)
    .join('\n')
    .trimEnd();
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
