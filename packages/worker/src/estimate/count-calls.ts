import type {CallTexts, TextCounts} from '@weir/pipeline';
import {countTexts, textBytesOf, type CountTokens} from './count-texts.ts';
import {encodingOf, type Encoding} from './model-encoding.ts';

/**
 * UTF-8 of a call; with more it is not counted. A thread with a core of its own counts 1.3 MB a second of random letters,
 * 2 of Chinese, Japanese and base64, and 20 of English: such a call takes 75 ms at most, where the machine is busy two to
 * three times as much, and mostly less than what `tokens.estimateWait` is by default.
 */
export const callBytesMax = 98_304;

/** The marks of a chat are text here: whoever writes them into a message pays for their letters. */
const plainText = {allowedSpecial: new Set<string>(), disallowedSpecial: new Set<string>()};

interface EncodingModule {
  readonly countTokens: (text: string, options: typeof plainText) => number;
  readonly setMergeCacheSize: (size: number) => void;
}

const modules: Readonly<Record<Encoding, () => Promise<EncodingModule>>> = {
  o200k_base: () => import('gpt-tokenizer/encoding/o200k_base'),
  cl100k_base: () => import('gpt-tokenizer/encoding/cl100k_base'),
  p50k_base: () => import('gpt-tokenizer/encoding/p50k_base'),
  r50k_base: () => import('gpt-tokenizer/encoding/r50k_base'),
};

const loaded = new Map<Encoding, Promise<CountTokens>>();

/** An encoding is tens of megabytes of memory and a tenth of a second: each is loaded when it is needed first. */
function counterOf(encoding: Encoding): Promise<CountTokens> {
  const known = loaded.get(encoding);
  if (known !== undefined) return known;
  const loading = load(encoding);
  loaded.set(encoding, loading);
  return loading;
}

async function load(encoding: Encoding): Promise<CountTokens> {
  const {countTokens, setMergeCacheSize} = await modules[encoding]();
  // Its cache would keep words of what was said.
  setMergeCacheSize(0);
  return (text) => countTokens(text, plainText);
}

/** The encoding that the texts of a call are counted by; undefined where they do not tell its tokens, or are too long. */
export function countableBy(texts: CallTexts): Encoding | undefined {
  return textBytesOf(texts) > callBytesMax ? undefined : encodingOf(texts.model);
}

/** Counts here and now, each call for itself; undefined where it is not countable. */
export async function countCalls(calls: readonly CallTexts[]): Promise<(TextCounts | undefined)[]> {
  const counts: (TextCounts | undefined)[] = [];
  for (const texts of calls) {
    const encoding = countableBy(texts);
    counts.push(encoding && countTexts(texts, await counterOf(encoding)));
  }
  return counts;
}
