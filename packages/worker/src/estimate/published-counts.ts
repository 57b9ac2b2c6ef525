import {readFileSync} from 'node:fs';
import type {ChatMessage} from '@weir/pipeline';
import type {Encoding} from './model-encoding.ts';

interface PublishedMessage {
  readonly role: string;
  readonly name?: string;
  readonly content: string;
}

interface PublishedCounts {
  readonly texts: {readonly counts: {text: string; tokens: Partial<Record<Encoding, number>>}[]};
  readonly chats: {messages: PublishedMessage[]; promptTokens: Record<string, number>}[];
  readonly retired: {
    messages: PublishedMessage[];
    completion: string;
    usage: {promptTokens: number; completionTokens: number; totalTokens: number};
  };
}

const file = new URL('../../../../test/fixtures/tokens/published-counts.json', import.meta.url);

/** For tests: token counts that others published, of texts and models that they name. */
export const publishedCounts = JSON.parse(readFileSync(file, 'utf8')) as PublishedCounts;

export function chatOf(messages: readonly PublishedMessage[]): ChatMessage[] {
  return messages.map(({role, name, content}) => ({role, ...(name !== undefined && {name}), text: content}));
}
