import {readCount} from './fields.ts';
import type {TokenSource} from './gateway-event.ts';
import type {MissingField, MissingFields} from './missing-fields.ts';
import {isJsonObject, type JsonObject} from './shape.ts';

export interface Tokens {
  readonly promptTokens: number | undefined;
  readonly completionTokens: number | undefined;
  readonly totalTokens: number | undefined;
  readonly cachedTokens: number | undefined;
  readonly reasoningTokens: number | undefined;
  readonly tokenSource: TokenSource;
}

export const noTokens: Tokens = Object.freeze({
  promptTokens: undefined,
  completionTokens: undefined,
  totalTokens: undefined,
  cachedTokens: undefined,
  reasoningTokens: undefined,
  tokenSource: 'unknown',
});

/** Usage of chat, completions and embeddings (`prompt_tokens`) or of the Responses API (`input_tokens`). */
export function readUsage(usage: unknown, missing: MissingFields): Tokens {
  if (usage === undefined || usage === null) return noTokens;
  if (!isJsonObject(usage)) {
    missing.add('usage');
    return noTokens;
  }
  return reportedTokens(
    {
      prompt: usage['prompt_tokens'] ?? usage['input_tokens'],
      completion: usage['completion_tokens'] ?? usage['output_tokens'],
      total: usage['total_tokens'],
      cached: readDetail(
        usage['prompt_tokens_details'] ?? usage['input_tokens_details'],
        'cached_tokens',
        'cachedTokens',
        missing,
      ),
      reasoning: readDetail(
        usage['completion_tokens_details'] ?? usage['output_tokens_details'],
        'reasoning_tokens',
        'reasoningTokens',
        missing,
      ),
    },
    missing,
  );
}

function readDetail(details: unknown, key: string, field: MissingField, missing: MissingFields): unknown {
  if (details === undefined || details === null) return undefined;
  if (isJsonObject(details)) return details[key];
  missing.add(field);
  return undefined;
}

/** The same counts, if there are any, by another source. */
export function tokensFrom(source: TokenSource, tokens: Tokens): Tokens {
  return tokens.tokenSource === 'unknown' ? tokens : {...tokens, tokenSource: source};
}

/**
 * Raw counts of one event. A total that is absent or unusable is prompt + completion, or the prompt alone, as embeddings
 * have it. A completion alone has no total: no call is without a prompt, so the sum is not known.
 */
export function reportedTokens(
  raw: {prompt?: unknown; completion?: unknown; total?: unknown; cached?: unknown; reasoning?: unknown},
  missing: MissingFields,
): Tokens {
  const promptTokens = readCount(raw.prompt, 'promptTokens', missing);
  const completionTokens = readCount(raw.completion, 'completionTokens', missing);
  const totalTokens =
    readCount(raw.total, 'totalTokens', missing) ?? addTokens(promptTokens, completionTokens, missing);
  const cachedTokens = readCount(raw.cached, 'cachedTokens', missing);
  const reasoningTokens = readCount(raw.reasoning, 'reasoningTokens', missing);
  const isReported =
    totalTokens !== undefined ||
    promptTokens !== undefined ||
    completionTokens !== undefined ||
    cachedTokens !== undefined ||
    reasoningTokens !== undefined;
  return {
    promptTokens,
    completionTokens,
    totalTokens,
    cachedTokens,
    reasoningTokens,
    tokenSource: isReported ? 'reported' : 'unknown',
  };
}

/** The three counts of an event that holds the service's names for them among its own fields. */
export function flatTokens(object: JsonObject, missing: MissingFields): Tokens {
  const {prompt_tokens: prompt, completion_tokens: completion, total_tokens: total} = object;
  return reportedTokens({prompt, completion, total}, missing);
}

function addTokens(
  promptTokens: number | undefined,
  completionTokens: number | undefined,
  missing: MissingFields,
): number | undefined {
  if (promptTokens === undefined || completionTokens === undefined) return promptTokens;
  return readCount(promptTokens + completionTokens, 'totalTokens', missing);
}
