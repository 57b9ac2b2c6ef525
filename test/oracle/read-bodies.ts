/**
 * The rules that give the sample one right answer, read as naively as they are written: a body counts when, after an
 * optional U+FEFF, it is a JSON object, or an array of them, with the fields below. Anything else is rejected whole.
 */
export interface PlainEvent {
  readonly requestId: string;
  readonly timestamp: string;
  readonly deployment?: string;
  readonly model: string;
  readonly stream: boolean;
  readonly status: number;
  readonly subscriptionId?: string;
  readonly productId?: string;
  readonly appId?: string;
  readonly usage?: PlainUsage | null;
  readonly headers: Readonly<Record<string, string>>;
}

export interface PlainUsage {
  readonly prompt_tokens?: number;
  readonly completion_tokens?: number;
  readonly total_tokens?: number;
  readonly prompt_tokens_details?: {readonly cached_tokens?: number};
  readonly completion_tokens_details?: {readonly reasoning_tokens?: number};
}

const requestIdLength = 36;

/** The events of a body, in its order; undefined for one that is rejected. */
export function readPlainBody(body: Uint8Array): PlainEvent[] | undefined {
  let value: unknown;
  try {
    // Strips a byte order mark and refuses what is not UTF-8.
    value = JSON.parse(new TextDecoder('utf-8', {fatal: true}).decode(body));
  } catch {
    // Whatever is wrong with it, it is not JSON: that is the answer.
    return undefined;
  }
  const elements: unknown[] = Array.isArray(value) ? value : [value];
  return elements.length > 0 && elements.every(isPlainEvent) ? elements : undefined;
}

function isPlainEvent(value: unknown): value is PlainEvent {
  if (!isObject(value)) return false;
  const {requestId, timestamp, model, stream, status, headers, usage} = value;
  return (
    typeof requestId === 'string' &&
    requestId.length === requestIdLength &&
    typeof timestamp === 'string' &&
    /^\d{4}-\d{2}-\d{2}T/.test(timestamp) &&
    !Number.isNaN(Date.parse(timestamp)) &&
    typeof model === 'string' &&
    typeof stream === 'boolean' &&
    Number.isInteger(status) &&
    isObject(headers) &&
    typeof headers['x-ms-region'] === 'string' &&
    (usage === undefined || usage === null || isObject(usage))
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
