import {unknownDimension} from './dimension.ts';
import type {CallTexts, ChatMessage, EventRecord, GatewayEvent} from './gateway-event.ts';
import {notJson, parseJson} from './json-text.ts';
import {isJsonObject} from './shape.ts';
import {completionOfSse, isSseText} from './sse-text.ts';

/** Messages of one chat that are read; what is more is left out, as the service would refuse it. */
const messagesMax = 2_048;

/**
 * What was said in a call, wherever its shape has it: texts, JSON in texts, messages, choices, a stream's text, or the whole
 * request or response around these. Undefined when nothing was.
 */
export function callTexts(
  raw: {prompt?: unknown; completion?: unknown},
  {model, deployment}: GatewayEvent,
): CallTexts | undefined {
  const prompt = readPrompt(raw.prompt);
  const completion = readCompletion(raw.completion);
  if (prompt === undefined && completion === undefined) return undefined;
  return {
    model: model === unknownDimension ? deployment : model,
    ...(prompt !== undefined && {prompt}),
    ...(completion !== undefined && {completion}),
  };
}

function readPrompt(value: unknown): string | readonly ChatMessage[] | undefined {
  if (typeof value === 'string') {
    if (value.trim() === '') return undefined;
    const parsed = parseJson(value);
    // A prompt may itself be JSON that somebody wants explained.
    return parsed === notJson || typeof parsed === 'string' ? value : (readPrompt(parsed) ?? value);
  }
  if (Array.isArray(value)) return readMessages(value);
  if (!isJsonObject(value)) return undefined;
  const inner = value['messages'] ?? value['prompt'] ?? value['input'];
  return isJsonObject(inner) ? undefined : readPrompt(inner);
}

function readMessages(values: readonly unknown[]): string | readonly ChatMessage[] | undefined {
  const messages: ChatMessage[] = [];
  const texts: string[] = [];
  for (const value of values.slice(0, messagesMax)) {
    if (typeof value === 'string') texts.push(value);
    else if (isJsonObject(value) && typeof value['role'] === 'string') {
      const {role, name} = value;
      messages.push({
        role,
        ...(typeof name === 'string' && {name}),
        text: readContent(value['content']) ?? '',
      });
    }
  }
  if (messages.length > 0) return messages;
  return texts.length > 0 ? texts.join('\n') : undefined;
}

/** Text, or parts of which some are text. */
function readContent(content: unknown): string | undefined {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return undefined;
  const texts = content.flatMap((part: unknown) =>
    isJsonObject(part) && typeof part['text'] === 'string' ? [part['text']] : [],
  );
  return texts.length > 0 ? texts.join('') : undefined;
}

function readCompletion(value: unknown): string | undefined {
  if (typeof value === 'string') {
    if (value.trim() === '') return undefined;
    if (isSseText(value)) return completionOfSse(value);
    const parsed = parseJson(value);
    return typeof parsed === 'object' && parsed !== null ? (readCompletion(parsed) ?? value) : value;
  }
  if (Array.isArray(value)) return readChoice(value[0]);
  if (!isJsonObject(value)) return undefined;
  if (Array.isArray(value['choices'])) return readChoice(value['choices'][0]);
  return readOutput(value['output']);
}

function readChoice(choice: unknown): string | undefined {
  if (!isJsonObject(choice)) return undefined;
  const {message, text} = choice;
  return readContent(isJsonObject(message) ? message['content'] : text);
}

/** The Responses API's messages. */
function readOutput(output: unknown): string | undefined {
  if (!Array.isArray(output)) return undefined;
  const texts = output.flatMap((item: unknown) =>
    isJsonObject(item) ? (readContent(item['content']) ?? []) : [],
  );
  return texts.length > 0 ? texts.join('') : undefined;
}

/** What the parts of one call say together: the first prompt and the first completion. Undefined when they say nothing. */
export function mergeTexts(
  parts: readonly EventRecord[],
  {model, deployment}: Pick<GatewayEvent, 'model' | 'deployment'>,
): CallTexts | undefined {
  const all = parts.flatMap(({texts}) => (texts === undefined ? [] : [texts]));
  if (all.length === 0) return undefined;
  const prompt = all.find((texts) => texts.prompt !== undefined)?.prompt;
  const completion = all.find((texts) => texts.completion !== undefined)?.completion;
  return {
    model: model === unknownDimension ? deployment : model,
    ...(prompt !== undefined && {prompt}),
    ...(completion !== undefined && {completion}),
  };
}
