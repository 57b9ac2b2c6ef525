import {masked, maskedBytes, maskedText, type Content} from './masking.ts';

/** A body as it is written out: parsed, or as text or base64 with the reason why not. */
export type BodyJson =
  | {readonly body: unknown}
  | {readonly bodyText: string; readonly parseError: string}
  | {readonly bodyBase64: string; readonly parseError: string};

/** What was parsed, for conditions that look into it; undefined where nothing could be. */
export interface ReadBody {
  readonly parsed: unknown;
  /** Made when the event is written: most are not when there is a condition. */
  json(content: Content): BodyJson;
}

const strictUtf8 = new TextDecoder('utf-8', {fatal: true, ignoreBOM: true});

/** Reads what the SDK hands over: bytes of a data section, or an AMQP value. */
export function readBody(body: unknown): ReadBody {
  if (typeof body === 'string') return readText(body);
  if (!(body instanceof Uint8Array)) {
    const parsed = body ?? null;
    return {parsed, json: (content) => ({body: masked(parsed, content)})};
  }
  let text: string;
  try {
    text = strictUtf8.decode(body);
  } catch {
    // The decoder's error says no more than that.
    return {
      parsed: undefined,
      json: (content) => ({bodyBase64: maskedBytes(body, content), parseError: 'not UTF-8'}),
    };
  }
  return readText(text);
}

function readText(text: string): ReadBody {
  try {
    const parsed = parseExactly(text);
    return {parsed, json: (content) => ({body: masked(parsed, content)})};
  } catch (error) {
    const parseError = text === '' ? 'empty' : describeParseError(error);
    return {parsed: undefined, json: (content) => ({bodyText: maskedText(text, content), parseError})};
  }
}

/** JSON with its numbers as they are written: ticks and other numbers beyond 2^53 would be rounded. */
function parseExactly(text: string): unknown {
  if (!/\d{16}/.test(text)) return JSON.parse(text);
  return JSON.parse(text, (_, value: unknown, context?: {readonly source?: string}) =>
    typeof value === 'number' && context?.source !== undefined ? exactNumber(value, context.source) : value,
  );
}

/** Of ES2026 and in Node.js since 21, but not in the types yet. */
const {rawJSON} = JSON as unknown as {readonly rawJSON: (text: string) => unknown};

function exactNumber(value: number, source: string): unknown {
  return Number.isInteger(value) && !Number.isSafeInteger(value) ? rawJSON(source) : value;
}

/** V8's sentence where it tells a place only; one that quotes the text may quote a prompt. */
function describeParseError(error: unknown): string {
  const message = error instanceof Error ? error.message : '';
  return / JSON at position \d+/.test(message) || message === 'Unexpected end of JSON input'
    ? message
    : 'not JSON from its first characters on';
}
