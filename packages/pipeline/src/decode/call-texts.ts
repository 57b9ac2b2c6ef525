import {unknownDimension} from './dimension.ts';
import type {CallTexts, ChatMessage, GatewayEvent} from './gateway-event.ts';
import {notJson, parseJson} from './json-text.ts';
import {isJsonObject, type JsonObject} from './shape.ts';
import {completionOfSse, isSseText} from './sse-text.ts';

/** Messages of one chat that are read; what is more is left out, as the service would refuse it. */
const messagesMax = 2_048;

/**
 * What was said in a call, wherever its shape has it: `prompt` and `completion` are texts, JSON in texts, messages, choices, a
 * stream's text, or the whole request or response around these. `request` and `response` are never anything but whole ones, so
 * that any other text in their place, such as an error page, says nothing. Undefined when nothing was said. A side that holds more than text (images, sound, calls of
 * tools and what describes them) is left out: its text alone would be counted to too few tokens.
 */
export function callTexts(
  raw: {prompt?: unknown; completion?: unknown; request?: unknown; response?: unknown},
  {model, deployment}: GatewayEvent,
): CallTexts | undefined {
  const prompt = readPrompt(raw.prompt) ?? readRequest(raw.request);
  const completion = readCompletion(raw.completion) ?? readResponse(raw.response);
  if (prompt === undefined && completion === undefined) return undefined;
  return {
    model: model === unknownDimension ? deployment : model,
    ...(prompt !== undefined && {prompt}),
    ...(completion !== undefined && {completion}),
  };
}

function readRequest(request: unknown): ReturnType<typeof readPrompt> {
  const value = typeof request === 'string' ? parseJson(request) : request;
  return isRequest(value) ? readPrompt(value) : undefined;
}

function readResponse(response: unknown): string | undefined {
  if (typeof response === 'string' && isSseText(response)) return completionOfSse(response);
  const value = typeof response === 'string' ? parseJson(response) : response;
  return isAnswer(value) ? readCompletion(value) : undefined;
}

function readPrompt(value: unknown): string | readonly ChatMessage[] | undefined {
  if (typeof value === 'string') {
    if (value.trim() === '') return undefined;
    const parsed = parseJson(value);
    if (parsed === notJson || typeof parsed === 'string') return value;
    // A prompt may itself be JSON that somebody wants explained.
    return readPrompt(parsed) ?? (isRequest(parsed) ? undefined : value);
  }
  if (Array.isArray(value)) return readMessages(value);
  if (!isJsonObject(value) || hasMoreThanText(value)) return undefined;
  const inner = value['messages'] ?? value['prompt'] ?? value['input'];
  return isJsonObject(inner) ? undefined : readPrompt(inner);
}

function isRequest(value: unknown): boolean {
  if (Array.isArray(value)) return value.some((message) => isJsonObject(message) && 'role' in message);
  return isJsonObject(value) && ['messages', 'prompt', 'input'].some((key) => key in value);
}

function readMessages(values: readonly unknown[]): string | readonly ChatMessage[] | undefined {
  const messages: ChatMessage[] = [];
  const texts: string[] = [];
  for (const value of values.slice(0, messagesMax)) {
    if (typeof value === 'string') texts.push(value);
    else if (isJsonObject(value) && typeof value['role'] === 'string') {
      const {role, name} = value;
      const text = hasMoreThanText(value) ? undefined : readContent(value['content']);
      if (text === undefined) return undefined;
      messages.push({role, ...(typeof name === 'string' && {name}), text});
    } else return undefined;
  }
  if (messages.length > 0) return messages;
  return texts.length > 0 ? texts.join('\n') : undefined;
}

/** Text, or parts that are all text. */
function readContent(content: unknown): string | undefined {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content) || content.length === 0) return undefined;
  const texts: string[] = [];
  for (const part of content as readonly unknown[]) {
    if (!isJsonObject(part) || typeof part['text'] !== 'string') return undefined;
    texts.push(part['text']);
  }
  return texts.join('');
}

/** Of a request, a message or an item of an answer. The service turns these into tokens in ways that it does not tell. */
const keysBesideText = ['tools', 'functions', 'tool_calls', 'function_call', 'audio', 'instructions'];

function hasMoreThanText(object: JsonObject): boolean {
  return keysBesideText.some((key) => {
    const value = object[key];
    return value !== undefined && value !== null && !(Array.isArray(value) && value.length === 0);
  });
}

function readCompletion(value: unknown): string | undefined {
  if (typeof value === 'string') {
    if (value.trim() === '') return undefined;
    if (isSseText(value)) return completionOfSse(value);
    const parsed = parseJson(value);
    if (typeof parsed !== 'object' || parsed === null) return value;
    return readCompletion(parsed) ?? (isAnswer(parsed) ? undefined : value);
  }
  if (Array.isArray(value)) return joined(value, readChoice);
  if (!isJsonObject(value)) return undefined;
  if (Array.isArray(value['choices'])) return joined(value['choices'], readChoice);
  return Array.isArray(value['output']) ? joined(value['output'], readOutput) : undefined;
}

function isAnswer(value: unknown): boolean {
  if (Array.isArray(value)) return value.some((choice) => isJsonObject(choice) && 'message' in choice);
  return isJsonObject(value) && ('choices' in value || 'output' in value);
}

/** All texts one behind the other, as all of them are paid for; undefined where one is none, or there are none. */
function joined(
  values: readonly unknown[],
  read: (value: unknown) => string | undefined,
): string | undefined {
  const texts = values.map(read);
  return texts.length === 0 || texts.includes(undefined) ? undefined : texts.join('');
}

function readChoice(choice: unknown): string | undefined {
  if (!isJsonObject(choice)) return undefined;
  const {message, text} = choice;
  if (!isJsonObject(message)) return readContent(text);
  return hasMoreThanText(message) ? undefined : readContent(message['content']);
}

/** An item of the Responses API's answer. One that is no message, such as a reasoning, has tokens that are not shown. */
function readOutput(item: unknown): string | undefined {
  return isJsonObject(item) ? readContent(item['content']) : undefined;
}
