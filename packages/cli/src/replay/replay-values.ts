import {dimensions, grains, type Dimension, type Grain} from '@weir/pipeline';
import {nearest} from '@weir/worker';
import {InvalidArgumentError} from 'commander';
import {captureFormatDefault} from './capture/capture-path.ts';
import type {EventPlace, RowPlace} from './places.ts';

/** Options of `weir replay`, read from their texts. Each throws `InvalidArgumentError`. */

export function parseSource(text: string): EventPlace {
  if (text === 'eventhubs') return {kind: 'eventhubs'};
  const [, kind, path = ''] = /^(capture|ndjson):(.+)$/.exec(text) ?? [];
  if (kind === 'ndjson') return {kind, path};
  if (kind === 'capture') return {kind, path, format: captureFormatDefault};
  throw new InvalidArgumentError(
    'give eventhubs, capture:DIR or ndjson:FILE, for example capture:captured or ndjson:events.ndjson.',
  );
}

export function parseRows(text: string): RowPlace {
  if (text === 'loganalytics' || text === 'none') return {kind: text};
  const [, path] = /^ndjson:(.+)$/.exec(text) ?? [];
  if (path !== undefined) return {kind: 'ndjson', path};
  throw new InvalidArgumentError('give loganalytics, none or ndjson:FILE, for example ndjson:rows.ndjson.');
}

export function parseGroupBy(text: string): readonly Dimension[] {
  return text === 'all' ? [] : listOf(text, dimensions, 'dimension');
}

export function parseWindows(text: string): readonly Grain[] {
  return listOf(text, grains, 'window');
}

function listOf<const Word extends string>(text: string, words: readonly Word[], what: string): Word[] {
  const list = text.split(',').map((part) => {
    const name = part.trim();
    const word = words.find((known) => known === name);
    if (word !== undefined) return word;
    const near = nearest(name, words)?.name;
    const advice = near === undefined ? `give some of ${words.join(', ')}` : `did you mean ${near}?`;
    throw new InvalidArgumentError(`${JSON.stringify(name)} is no ${what}; ${advice}`);
  });
  if (new Set(list).size === list.length) return list;
  throw new InvalidArgumentError(`it names a ${what} twice.`);
}

const unitMs: Readonly<Record<string, number>> = {ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000};

export function parseDuration(text: string): number {
  const [, digits, unit = ''] = /^(\d{1,6})(ms|s|m|h|d)$/.exec(text) ?? [];
  const factor = unitMs[unit];
  if (factor !== undefined) return Number(digits) * factor;
  throw new InvalidArgumentError('give a duration, for example 30s, 10m or 2h.');
}
