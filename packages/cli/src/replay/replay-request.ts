import {extname} from 'node:path';
import {ConfigurationError} from '@weir/worker';
import type {ServiceName} from '../command-config.ts';
import {formatOfExtension, type ResultFormat} from './output/result-text.ts';
import type {RowPlace} from './places.ts';
import type {ReplayOptions} from './replay-options.ts';
import type {ViewChoice} from './replay-views.ts';
import type {ReplayRequest} from './run-replay.ts';

/** What becomes of the window. */
export type Use =
  | {readonly kind: 'print'; readonly path: string; readonly format: ResultFormat}
  | {readonly kind: 'compare'; readonly format: 'text' | 'json'}
  | {
      readonly kind: 'write';
      readonly format: 'text' | 'json';
      readonly shrinking: 'refused' | 'allowed';
      readonly mode: 'look' | 'write';
    };

/** What is to be replayed, for what, and which services that needs. @throws {ConfigurationError} */
export function readRequest(options: ReplayOptions): {
  request: ReplayRequest;
  use: Use;
  needs: readonly ServiceName[];
} {
  const {source, diagnostics, captureFormat, readBefore, readAfter, threads, consumerGroup} = options;
  const use = useOf(options);
  const rows: RowPlace =
    diagnostics ?? (source.kind === 'eventhubs' ? {kind: 'loganalytics'} : {kind: 'none'});
  const isStored = use.kind !== 'print';
  const request: ReplayRequest = {
    window: rangeOf(options),
    events: source.kind === 'capture' ? {...source, format: captureFormat} : source,
    rows,
    views: choiceOf(options),
    margins: {beforeMs: readBefore, afterMs: readAfter},
    // What is in Cosmos DB may have come at any time.
    readTo: isStored && readAfter === undefined ? 'end of the log' : 'margin',
    readingGroup: consumerGroup,
    threads,
  };
  const needs: ServiceName[] = [
    ...(isStored || source.kind === 'eventhubs' ? (['eventHubs'] as const) : []),
    ...(isStored ? (['storage', 'cosmos'] as const) : []),
    ...(rows.kind === 'loganalytics' ? (['logAnalytics'] as const) : []),
  ];
  return {request, use, needs};
}

function useOf(options: ReplayOptions): Use {
  const {compare, write, dryRun, allowShrink, yes, json, out} = options;
  const format = json ? 'json' : options.format;
  const needless = write
    ? undefined
    : (dryRun && 'dry-run') || (allowShrink && 'allow-shrink') || (yes && 'yes');
  if (needless !== undefined) throw new ConfigurationError([`--${needless}: it goes with --write.`]);
  if (!compare && !write) return {kind: 'print', path: out, format: formatOf({out, format})};
  if (format === 'csv' || format === 'ndjson') {
    throw new ConfigurationError([`--format: with --compare and --write give table or json, not ${format}.`]);
  }
  const text = format === 'json' ? 'json' : 'text';
  if (compare) return {kind: 'compare', format: text};
  return {
    kind: 'write',
    format: text,
    shrinking: allowShrink ? 'allowed' : 'refused',
    mode: dryRun ? 'look' : 'write',
  };
}

function rangeOf({from, to}: ReplayOptions): ReplayRequest['window'] {
  if (from < to) return {fromMs: from, untilMs: to};
  throw new ConfigurationError(['--to: it is not after --from.']);
}

function choiceOf({view, groupBy, window}: ReplayOptions): ViewChoice {
  if (groupBy === undefined && window === undefined) return {kind: 'configured', name: view};
  return {kind: 'own', groupBy: groupBy ?? [], windows: window ?? ['5m']};
}

function formatOf({out, format}: {out: string; format: ResultFormat | undefined}): ResultFormat {
  const named = out === '-' ? 'table' : formatOfExtension(extname(out));
  if (format !== undefined) return format;
  if (named !== undefined) return named;
  throw new ConfigurationError([
    `--out: the name of ${out} does not end in .csv, .json, .ndjson or .txt, for example documents.csv.`,
  ]);
}
