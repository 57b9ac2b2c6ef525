import type {AggregateDelta, ShardedView} from '@weir/pipeline';
import {replayedDocument, sortedDocuments, type ReplayedDocument} from './replayed-documents.ts';
import {tableText} from './table-text.ts';

export const resultFormats = ['table', 'csv', 'json', 'ndjson'] as const;
export type ResultFormat = (typeof resultFormats)[number];

const extensions: Readonly<Record<string, ResultFormat>> = {
  '.txt': 'table',
  '.csv': 'csv',
  '.json': 'json',
  '.ndjson': 'ndjson',
  '.jsonl': 'ndjson',
};

/** The format that the name of a file stands for. */
export function formatOfExtension(extension: string): ResultFormat | undefined {
  return extensions[extension.toLowerCase()];
}

/** The documents as one text, in parts. */
export function* resultText(
  documents: Iterable<AggregateDelta>,
  {format, views}: {format: ResultFormat; views: readonly ShardedView[]},
): Generator<string> {
  const sorted = sortedDocuments(documents, views);
  switch (format) {
    case 'table':
      yield tableText(sorted, views);
      return;
    case 'csv':
      yield* csv(sorted);
      return;
    case 'json': {
      let separator = '[\n';
      for (const delta of sorted) {
        yield separator + JSON.stringify(replayedDocument(delta));
        separator = ',\n';
      }
      yield sorted.length === 0 ? '[]\n' : '\n]\n';
      return;
    }
    case 'ndjson':
      for (const delta of sorted) yield `${JSON.stringify(replayedDocument(delta))}\n`;
  }
}

/** RFC 4180, but for line ends; a header, then a line each. */
function* csv(sorted: readonly AggregateDelta[]): Generator<string> {
  let fields: readonly string[] | undefined;
  for (const delta of sorted) {
    const document = replayedDocument(delta);
    if (fields === undefined) {
      fields = Object.keys(document);
      yield `${fields.join(',')}\n`;
    }
    yield `${fields.map((field) => cell(document, field)).join(',')}\n`;
  }
}

function cell(document: ReplayedDocument, field: string): string {
  const text = String(document[field] ?? '');
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
