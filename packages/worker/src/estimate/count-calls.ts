import type {CallTexts, TextCounts} from '@weir/pipeline';
import {countTexts, type CountTokens} from './count-texts.ts';
import {encodingOf, type Encoding} from './model-encoding.ts';

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

/** Counts here and now, each call for itself; undefined where its model's texts do not tell its tokens. */
export async function countCalls(calls: readonly CallTexts[]): Promise<(TextCounts | undefined)[]> {
  const counts: (TextCounts | undefined)[] = [];
  for (const texts of calls) {
    const encoding = encodingOf(texts.model);
    counts.push(encoding && countTexts(texts, await counterOf(encoding)));
  }
  return counts;
}
