import {
  bodyOfLine,
  describeDecoded,
  eventFields,
  type DescribedEvent,
  type EventField,
  type TokenSource,
} from '@weir/pipeline';

import {decoderFor, enqueuedTimeMs, type CorpusCase} from './corpus.ts';

/**
 * How a shape's events come by a field, as the corpus shows it: `read` as it stands there, `derived` from something else (a
 * URL, a key, a stream's text, what the shape implies, other counts), or `absent`.
 */
export type Origin = 'read' | 'derived' | 'absent';

export interface FieldOrigins {
  readonly origins: Readonly<Record<EventField, Origin>>;
  /** Known sources of tokens that were seen. */
  readonly tokenSources: readonly TokenSource[];
}

/** Of all events of this shape in the corpus. A field that any of them reads is `read`. */
export function fieldOrigins(shape: string, corpus: readonly CorpusCase[]): FieldOrigins {
  const origins = Object.fromEntries(eventFields.map((field): [EventField, Origin] => [field, 'absent']));
  const sources = new Set<TokenSource>();
  for (const corpusCase of corpus) {
    for (const [at, {shape: found, event}] of corpusCase.expected.entries()) {
      if (found !== shape || event === null) continue;
      if (event.tokenSource !== 'unknown') sources.add(event.tokenSource);
      for (const field of eventFields) {
        if (event[field] === null || origins[field] === 'read') continue;
        origins[field] = isRead({field, event, at}, corpusCase) ? 'read' : 'derived';
      }
    }
  }
  return {origins: origins as Record<EventField, Origin>, tokenSources: [...sources]};
}

/** Whether some value that looks like the field is it: another one in its place changes the field. */
function isRead(
  {field, event, at}: {field: EventField; event: DescribedEvent; at: number},
  corpusCase: CorpusCase,
): boolean {
  // A time is written in many ways, and never made of anything else.
  if (field === 'eventTime') return true;
  const isCount = field.endsWith('Tokens') && field !== 'remainingTokens';
  if (isCount && (event.tokenSource === 'summed' || event.tokenSource === 'estimated')) return false;
  return event.parts.some((line) => {
    const body = parsed(corpusCase.lines[line - 1]!);
    return variants(body, normalised(event[field])).some((variant) => {
      const lines = corpusCase.lines.with(line - 1, JSON.stringify(variant));
      const described = describeLines(corpusCase, lines)[at]?.event?.[field];
      return described !== undefined && described !== null && described !== event[field];
    });
  });
}

function describeLines(corpusCase: CorpusCase, lines: readonly string[]) {
  const decoder = decoderFor(corpusCase);
  return describeDecoded(
    lines.map((text, index) => ({
      line: index + 1,
      records: decoder.decode(bodyOfLine(text), enqueuedTimeMs),
    })),
  );
}

/** The document with one value changed, for each value of it that reads like this one; also inside of JSON texts. */
function variants(value: unknown, like: string): unknown[] {
  if (typeof value === 'string') {
    const inner = value.trimStart().startsWith('{') ? parsed(value) : undefined;
    if (inner !== undefined) return variants(inner, like).map((variant) => JSON.stringify(variant));
    const isLike = [value, ...value.split(',')].some((part) => normalised(part) === like);
    return isLike ? [/^\d{1,15}$/.test(value) ? String(Number(value) + 1) : flipped(value)] : [];
  }
  if (Array.isArray(value)) {
    return value.flatMap((item, index) => variants(item, like).map((variant) => value.with(index, variant)));
  }
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value).flatMap(([key, inner]) =>
      variants(inner, like).map((variant) => ({...value, [key]: variant})),
    );
  }
  if (normalised(value) !== like) return [];
  // A status has bounds; any other number is a count.
  return [typeof value === 'number' ? value + 1 : typeof value === 'boolean' ? !value : value];
}

function flipped(text: string): string {
  if (/^(?:true|false)$/i.test(text)) return text.toLowerCase() === 'true' ? 'false' : 'true';
  return `${text}x`;
}

/** Regions are spelt in several ways, and ids in any case. */
function normalised(value: unknown): string {
  return String(value).replaceAll(/\s/g, '').toLowerCase();
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
