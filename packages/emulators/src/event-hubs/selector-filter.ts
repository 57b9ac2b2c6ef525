/** Where a receiving link begins, as its selector filter says. */
export type StartPosition =
  | {readonly kind: 'earliest'}
  | {readonly kind: 'latest'}
  | {readonly kind: 'offset'; readonly offset: string; readonly bound: Bound}
  | {readonly kind: 'sequenceNumber'; readonly sequenceNumber: number; readonly bound: Bound}
  /** Events enqueued after this time, exclusive. */
  | {readonly kind: 'enqueuedTime'; readonly enqueuedTimeMs: number};

/** Whether the named event itself is delivered. */
export type Bound = 'inclusive' | 'exclusive';

/** The key under which the SDK sends the filter in the source of its attach. */
export const SELECTOR_FILTER = 'apache.org:selector-filter:string';

const EXPRESSION = /^\s*amqp\.annotation\.(x-opt-[a-z-]+)\s*(>=|>)\s*'?([^']*?)'?\s*$/;

/** Undefined for an expression that Event Hubs does not know. Without a filter, delivery begins with the next event. */
export function parseSelectorFilter(expression: string | undefined): StartPosition | undefined {
  if (expression === undefined) return {kind: 'latest'};
  const match = EXPRESSION.exec(expression);
  if (!match) return undefined;
  const [, annotation = '', operator, value = ''] = match;
  const bound: Bound = operator === '>=' ? 'inclusive' : 'exclusive';
  switch (annotation) {
    case 'x-opt-offset':
      if (value === '') return undefined;
      if (value === '-1') return {kind: 'earliest'};
      if (value === '@latest') return {kind: 'latest'};
      return {kind: 'offset', offset: value, bound};
    case 'x-opt-sequence-number':
      return /^-?\d{1,15}$/.test(value)
        ? {kind: 'sequenceNumber', sequenceNumber: Number(value), bound}
        : undefined;
    // Older clients write the second name.
    case 'x-opt-enqueued-time':
    case 'x-opt-enqueuedtimeutc':
      return /^-?\d{1,15}$/.test(value) && bound === 'exclusive'
        ? {kind: 'enqueuedTime', enqueuedTimeMs: Number(value)}
        : undefined;
    default:
      return undefined;
  }
}
