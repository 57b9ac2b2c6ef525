import {
  apimCommaJoinedShape,
  builtInShapes,
  createDecoder,
  type Decoder,
  type Shape,
  type TextShape,
} from '@weir/pipeline';
import type {Config} from './config.ts';
import {ConfigurationError} from './configuration-error.ts';
import {problemOfIssue} from './issue-problem.ts';
import {mergedLayers, type Sources} from './layers.ts';
import {worstFirst} from './problem.ts';
import {settingsSchema} from './settings.ts';

/** What is recognised, each list in the order in which it is asked. */
export interface Decoding {
  readonly shapes: readonly Shape[];
  readonly textShapes: readonly TextShape[];
}

/** A user's own shapes come first: who describes a shape means it. */
export function decodingOf({shapes, textShapes}: Pick<Config, 'shapes' | 'textShapes'>): Decoding {
  return {
    shapes: [...shapes, ...builtInShapes],
    textShapes: textShapes === apimCommaJoinedShape.name ? [apimCommaJoinedShape] : [],
  };
}

/** The decoder of a worker with this configuration. @param texts whether records tell what was said, to estimate tokens */
export function decoderOf(
  config: Pick<Config, 'shapes' | 'textShapes'>,
  texts: 'ignored' | 'kept' = 'ignored',
): Decoder {
  return createDecoder({...decodingOf(config), texts});
}

const decodingSchema = settingsSchema.pick({shapes: true, textShapes: true, tokens: true});

/**
 * Only what decoding needs of a configuration, whose other keys may be incomplete: shapes are tried out where nothing is to
 * connect to. Throws `ConfigurationError` with everything that is wrong with it.
 */
export function loadDecoding(sources: Sources): Decoding & {readonly texts: 'ignored' | 'kept'} {
  const {given, problems} = mergedLayers(sources, ['shapes', 'textShapes', 'tokens.estimate']);
  const parsed = decodingSchema.safeParse({
    shapes: given.get('shapes')?.value,
    textShapes: given.get('textShapes')?.value,
    tokens: {estimate: given.get('tokens.estimate')?.value},
  });
  if (!parsed.success) problems.push(...parsed.error.issues.map((issue) => problemOfIssue(issue, given)));
  const [worst, ...others] = worstFirst(problems);
  if (worst !== undefined) throw new ConfigurationError([worst, ...others]);
  if (!parsed.success) throw new Error('A setting was refused without a reason.');
  return {...decodingOf(parsed.data), texts: parsed.data.tokens.estimate ? 'kept' : 'ignored'};
}
