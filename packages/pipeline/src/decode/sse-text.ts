import {mayBeObject, notJson, parseJson} from './json-text.ts';
import {isJsonObject} from './shape.ts';
import type {JsonObject} from './shape.ts';

/** Chunks of a stream whose texts are put together; a completion of this many chunks fills several bodies. */
const textChunksMax = 100_000;

/** Whether a text is the body of a stream: its first line that is not blank is one of server-sent events. */
export function isSseText(text: string): boolean {
  return /^\s{0,16}(?:data|event|id|retry)?:/.test(text);
}

/**
 * The usage of a stream: that of its last chunk that has one, which comes only to clients that asked for it
 * (`stream_options.include_usage`, an extra chunk with empty `choices`) or with the Responses API's last event.
 */
export function usageOfSse(text: string): JsonObject | undefined {
  let end = text.length;
  while (end > 0) {
    // Found from the end: usage comes last, and most chunks need not be parsed at all.
    const at = text.lastIndexOf('"usage"', end - 1);
    if (at === -1) return undefined;
    end = at;
    // What every chunk but the last one has.
    if (text.startsWith('"usage":null', at)) continue;
    const start = text.lastIndexOf('\n', at) + 1;
    const usage = usageOfChunk(chunkOfLine(lineAt(text, start)));
    if (usage !== undefined) return usage;
    end = start;
  }
  return undefined;
}

/** The model that the first chunk with one names. Some gateways' first chunk is about content filters and has `""`. */
export function modelOfSse(text: string): unknown {
  let at = text.indexOf('"model"');
  while (at !== -1) {
    if (text.startsWith('"model":""', at)) {
      at = text.indexOf('"model"', at + 1);
      continue;
    }
    const line = lineAt(text, text.lastIndexOf('\n', at) + 1);
    const chunk = chunkOfLine(line);
    const model = chunk === undefined ? undefined : responseOf(chunk)['model'];
    if (typeof model === 'string' && model !== '') return model;
    const lineBreak = text.indexOf('\n', at);
    at = lineBreak === -1 ? -1 : text.indexOf('"model"', lineBreak);
  }
  return undefined;
}

/** What a stream says altogether; undefined when it says nothing, or calls tools and so more than its text. */
export function completionOfSse(text: string): string | undefined {
  const pieces: string[] = [];
  for (const chunk of chunksOf(text)) {
    if (callsTool(chunk)) return undefined;
    const piece = pieceOfChunk(chunk);
    if (piece !== undefined) pieces.push(piece);
  }
  return pieces.length === 0 ? undefined : pieces.join('');
}

function callsTool({type, choices}: JsonObject): boolean {
  if (typeof type === 'string' && type.startsWith('response.function_call')) return true;
  if (!Array.isArray(choices)) return false;
  const [choice] = choices as readonly unknown[];
  const delta = isJsonObject(choice) ? choice['delta'] : undefined;
  return isJsonObject(delta) && (isFilled(delta['tool_calls']) || isFilled(delta['function_call']));
}

function isFilled(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function pieceOfChunk(chunk: JsonObject): string | undefined {
  if (chunk['type'] === 'response.output_text.delta' && typeof chunk['delta'] === 'string')
    return chunk['delta'];
  const {choices} = chunk;
  if (!Array.isArray(choices)) return undefined;
  const [choice] = choices as readonly unknown[];
  if (!isJsonObject(choice)) return undefined;
  const {delta, text} = choice;
  const piece = isJsonObject(delta) ? delta['content'] : text;
  return typeof piece === 'string' ? piece : undefined;
}

function usageOfChunk(chunk: JsonObject | undefined): JsonObject | undefined {
  if (chunk === undefined) return undefined;
  const {usage} = responseOf(chunk);
  return isJsonObject(usage) ? usage : undefined;
}

/** Events of the Responses API hold the response beside their type. */
function responseOf(chunk: JsonObject): JsonObject {
  const {response} = chunk;
  return isJsonObject(response) ? response : chunk;
}

function* chunksOf(text: string): Generator<JsonObject> {
  let start = 0;
  for (let count = 0; start < text.length && count < textChunksMax; count++) {
    const line = lineAt(text, start);
    start += line.length + 1;
    const chunk = chunkOfLine(line);
    if (chunk !== undefined) yield chunk;
  }
}

function lineAt(text: string, start: number): string {
  const lineBreak = text.indexOf('\n', start);
  return text.slice(start, lineBreak === -1 ? text.length : lineBreak);
}

/** Undefined for other fields, the closing `[DONE]`, and a chunk that was torn. */
function chunkOfLine(line: string): JsonObject | undefined {
  if (!line.startsWith('data:')) return undefined;
  const data = line.slice('data:'.length).trimEnd();
  // A parse that fails is dear, and each torn stream ends in one.
  const value = mayBeObject(data) && data.endsWith('}') ? parseJson(data) : notJson;
  return value !== notJson && isJsonObject(value) ? value : undefined;
}
