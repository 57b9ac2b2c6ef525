import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {encodeDelta} from '@weir/pipeline';
import fc from 'fast-check';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {configOf} from '../command-config.ts';
import {linesOf} from '../command-fixture.ts';
import {runReplay, type ReplayRequest} from './run-replay.ts';

const sample = new URL('../../../../test/fixtures/sample/', import.meta.url);
const events = linesOf(readFileSync(new URL('gateway.ndjson', sample), 'utf8')) as {
  enqueuedTimeUtc: string;
}[];
const configSource = {fileName: undefined, flags: {}, needs: []};

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'weir-'));
  writeFileSync(join(folder, 'rows.ndjson'), readFileSync(new URL('diagnostics.ndjson', sample)));
});
afterAll(() => rmSync(folder, {recursive: true}));

/** Documents, counts and positions, in a form that can be compared. */
async function replayed(threads: number): Promise<unknown> {
  const request: ReplayRequest = {
    window: {fromMs: Date.parse('2024-05-17T12:00:00Z'), untilMs: Date.parse('2024-05-17T14:00:00Z')},
    events: {kind: 'ndjson', path: join(folder, 'events.ndjson')},
    rows: {kind: 'ndjson', path: join(folder, 'rows.ndjson')},
    views: {kind: 'configured', name: undefined},
    margins: {beforeMs: undefined, afterMs: undefined},
    readTo: 'margin',
    threads,
  };
  const {signal} = new AbortController();
  const {window} = await runReplay(request, {
    config: configOf(undefined, configSource),
    configSource,
    signal,
    tell: () => {},
  });
  const documents = [...window.documents.values()].map(encodeDelta);
  return {
    ...window,
    documents: documents.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    read: [...window.read!].toSorted(([a], [b]) => Number(a) - Number(b)),
    counts: {...window.counts, deadLetters: Object.fromEntries(window.counts.deadLetters)},
  };
}

test('any number of threads gives the same documents, counts and positions', {timeout: 120_000}, async () => {
  const shape = fc.record({
    partitions: fc.integer({min: 1, max: 9}),
    threads: fc.integer({min: 2, max: 4}),
    // Which partition each event goes to, and which ones are told again later.
    seed: fc.integer({min: 1, max: 1_000_000}),
  });
  await fc.assert(
    fc.asyncProperty(shape, async ({partitions, threads, seed}) => {
      const next = new Map<string, number>();
      const lines = events.flatMap((event, n) => {
        const partitionId = String(Math.imul(n + 1, seed) % partitions).replace('-', '');
        const times = n % 50 === seed % 50 ? 2 : 1;
        return Array.from({length: times}, () => {
          const sequenceNumber = next.get(partitionId) ?? 0;
          next.set(partitionId, sequenceNumber + 1);
          return JSON.stringify({...event, partitionId, sequenceNumber});
        });
      });
      writeFileSync(join(folder, 'events.ndjson'), lines.join('\n'));
      expect(await replayed(threads)).toEqual(await replayed(1));
    }),
    {numRuns: 2},
  );
});
