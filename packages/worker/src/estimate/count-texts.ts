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
 * somebody sends as one word of a megabyte would cost minutes. No pattern of theirs takes more together than one such run
 * and the one behind it. A cut adds a token or none, which is little of a run of letters and much of one of blanks.
 */
export const runCharsMax = 256;

/** Bytes of UTF-8 that {@link countTexts} looks at, which is what its time depends on. */
export function textBytesOf({
  prompt = [],
  completion = '',
}: Pick<CallTexts, 'prompt' | 'completion'>): number {
  const bytes = Buffer.byteLength(completion);
  if (typeof prompt === 'string') return bytes + Buffer.byteLength(prompt);
  return prompt.reduce(
    (sum, {role, name = '', text}) =>
      sum + Buffer.byteLength(role) + Buffer.byteLength(name) + Buffer.byteLength(text),
    bytes,
  );
}

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

/** A slash goes with what it follows: o200k takes line breaks and slashes behind a mark together. */
const slash = 0x2f;
const firstHighSurrogate = 0xd800;
const firstLowSurrogate = 0xdc00;
const lastLowSurrogate = 0xdfff;

/** Where runs of `runCharsMax` end; never between the two halves of a character. */
function* cutsOf(text: string): Generator<number> {
  let run = 0;
  let wasBlank = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const isBlank: boolean = code === slash ? wasBlank : isBlankCode(code);
    run = isBlank === wasBlank ? run + 1 : 1;
    wasBlank = isBlank;
    if (run <= runCharsMax || isSecondHalf(text, i)) continue;
    yield i;
    run = 1;
  }
}

const [tab, carriageReturn, space, noBreakSpace] = [0x09, 0x0d, 0x20, 0xa0];
const blank = /\s/;

/** Blank is what the tokenizers' patterns call `\s`, and nothing else: other control characters go with letters and marks. */
function isBlankCode(code: number): boolean {
  if (code < noBreakSpace) return code === space || (code >= tab && code <= carriageReturn);
  return blank.test(String.fromCharCode(code));
}

/** Halves that stand alone are characters of their own: a text of nothing else has to be cut, too. */
function isSecondHalf(text: string, i: number): boolean {
  const [before, code] = [text.charCodeAt(i - 1), text.charCodeAt(i)];
  return (
    code >= firstLowSurrogate &&
    code <= lastLowSurrogate &&
    before >= firstHighSurrogate &&
    before < firstLowSurrogate
  );
}
