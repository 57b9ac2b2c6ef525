/** Encodings of OpenAI's models; `o200k_harmony` differs from `o200k_base` only in marks that are no text. */
export const encodings = ['o200k_base', 'cl100k_base', 'p50k_base', 'r50k_base'] as const;
export type Encoding = (typeof encodings)[number];

/** What others' models and those of pictures and sound are called; their tokens are not OpenAI's tokens of text. */
const otherModels =
  /(?<![a-z])(?:claude|llama|mi[sx]tral|phi|deepseek|gemini|gemma|cohere|command|grok|qwen|jamba|nova|titan|kimi|whisper|tts|dall|sora|image|realtime|audio|transcribe)(?![a-z])/;

/** They think before they answer, and those tokens are paid for and in no text. */
const thinkingModels = /(?<![a-z0-9])(?:o[1345](?![a-z0-9])|gpt-?oss|gpt-?[5-9](?!.*chat))|codex/;

/** The first pattern that a name holds decides. After OpenAI's own list: https://github.com/openai/tiktoken/blob/main/tiktoken/model.py */
const olderEncodings: readonly (readonly [RegExp, Encoding])[] = [
  [/text-embedding|(?<![a-z])ada-?002|(?:davinci|babbage)-002$/, 'cl100k_base'],
  [/text-davinci-?00[23]|code-(?:davinci|cushman)/, 'p50k_base'],
  [/(?<![a-z])(?:davinci|curie|babbage|ada)(?![a-z])/, 'r50k_base'],
  [/gpt-?3\.?5/, 'cl100k_base'],
  // Not gpt-4o, gpt-4.1 or gpt-4.5, however a deployment spells them.
  [/gpt-?4(?![.-]?o(?![a-z])|[.-]?[15](?!\d))/, 'cl100k_base'],
];

/**
 * How a model, or the deployment that is named after one, turns text into tokens. A name that says nothing stands for a
 * current model: all of OpenAI's since May 2024 have one encoding. Undefined where the text does not tell the tokens: of
 * models of others, and of those that think.
 */
export function encodingOf(model: string): Encoding | undefined {
  const name = model.toLowerCase();
  if (otherModels.test(name) || thinkingModels.test(name)) return undefined;
  return olderEncodings.find(([pattern]) => pattern.test(name))?.[1] ?? 'o200k_base';
}
