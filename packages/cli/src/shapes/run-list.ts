import {apimCommaJoinedShape, builtInShapes} from '@weir/pipeline';
import {decodingFrom, type DecodingOptions} from './decoding-options.ts';
import {listJson, listText, type ListedShape} from './list-text.ts';
import {print} from './print.ts';

/** `weir shapes list` */
export async function runList({json, ...options}: DecodingOptions & {json?: true}): Promise<void> {
  const {shapes} = decodingFrom(options);
  const builtIn: ReadonlySet<unknown> = new Set(builtInShapes);
  const listed = [
    ...shapes.map((shape): ListedShape => ({...shape, origin: builtIn.has(shape) ? 'built in' : 'yours'})),
    {...apimCommaJoinedShape, origin: 'only with textShapes'} as const,
  ];
  await print([json ? `${JSON.stringify(listJson(listed))}\n` : listText(listed)]);
}
