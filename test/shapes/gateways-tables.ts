import {
  apimCommaJoinedShape,
  builtInShapes,
  eventFields,
  missingCosts,
  type ShapeFacts,
} from '@weir/pipeline';

import type {CorpusCase} from './corpus.ts';
import {fieldOrigins} from './field-origins.ts';

const listed: readonly ShapeFacts[] = [...builtInShapes, apimCommaJoinedShape];

/** Every shape: who emits it, and what its events become. */
export function shapesTable(): string {
  const told = {calls: 'one event per call', halves: 'parts that become one event', nothing: 'skipped'};
  return markdownTable(
    ['Shape', 'Who emits it', 'Its events'],
    listed.map(({name, description, tells}) => [code(name), description, told[tells]]),
  );
}

/** Shape × field: read, derived or absent, and where its tokens come from. */
export function fieldsTable(corpus: readonly CorpusCase[]): string {
  const rows = listed
    .filter(({tells}) => tells !== 'nothing')
    .map(({name}) => {
      const {origins, tokenSources} = fieldOrigins(name, corpus);
      return [
        code(name),
        ...eventFields.map((field) => origins[field]),
        tokenSources.join(', ') || 'unknown',
      ];
    });
  return markdownTable(['Shape', ...eventFields.map(code), 'Source of its tokens'], rows);
}

/** What it costs that a field is absent. */
export function costsTable(): string {
  return markdownTable(
    ['Absent', 'What it costs'],
    eventFields.map((field) => [code(field), missingCosts[field]]),
  );
}

/** Padded as prettier does it. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((cell, column) =>
    Math.max(3, cell.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[], fill: ' ' | '-'): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0, fill)).join(' | ')} |`;
  const rule = line(
    head.map(() => ''),
    '-',
  );
  return [line(head, ' '), rule, ...rows.map((row) => line(row, ' '))].join('\n');
}

export function code(text: string): string {
  return `\`${text}\``;
}
