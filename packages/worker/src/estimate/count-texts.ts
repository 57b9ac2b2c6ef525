import type {CallTexts, ChatMessage, TextCounts} from '@weir/pipeline';

/** The number of tokens of one text. */
export type CountTokens = (text: string) => number;

/**
 * Each message of a chat stands between marks, and the answer is begun by some:
 * https://github.com/openai/openai-cookbook/blob/main/examples/How_to_count_tokens_with_tiktoken.ipynb
 */
const tokensPerMessage = 3;
const tokensPerName = 1;
const tokensOfAnswerStart = 3;

/**
 * Characters without a blank, or blanks, that are looked at together. Tokenizers take time in the square of them, so what
 * somebody sends as one word of a megabyte would cost minutes; a cut adds one token at most.
 */
const runCharsMax = 256;

/** Tokens of what was said in a call, by the tokenizer of its model. */
export function countTexts(
  {prompt, completion}: Pick<CallTexts, 'prompt' | 'completion'>,
  count: CountTokens,
): TextCounts {
  return {
    ...(prompt !== undefined && {prompt: countPrompt(prompt, count)}),
    ...(completion !== undefined && {completion: countText(completion, count)}),
  };
}

function countPrompt(prompt: string | readonly ChatMessage[], count: CountTokens): number {
  if (typeof prompt === 'string') return countText(prompt, count);
  let tokens = tokensOfAnswerStart;
  for (const {role, name, text} of prompt) {
    tokens += tokensPerMessage + countText(role, count) + countText(text, count);
    if (name !== undefined) tokens += tokensPerName + countText(name, count);
  }
  return tokens;
}

function countText(text: string, count: CountTokens): number {
  let tokens = 0;
  let start = 0;
  for (const end of cutsOf(text)) {
    tokens += count(text.slice(start, end));
    start = end;
  }
  return tokens + count(start === 0 ? text : text.slice(start));
}

const space = 0x20;
const firstLowSurrogate = 0xdc00;
const lastLowSurrogate = 0xdfff;

/** Where runs of `runCharsMax` end; never between the two halves of a character. */
function* cutsOf(text: string): Generator<number> {
  let run = 0;
  let wasBlank = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const isBlank = code <= space;
    run = isBlank === wasBlank ? run + 1 : 1;
    wasBlank = isBlank;
    const isInCharacter = code >= firstLowSurrogate && code <= lastLowSurrogate;
    if (run <= runCharsMax || isInCharacter) continue;
    yield i;
    run = 1;
  }
}
