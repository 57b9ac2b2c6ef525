import type {DiagnosticsSource, LookupAnswer} from '@weir/pipeline';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';

/** A row as an implementation is given it: times in ms by the service's clock. */
export interface GivenRow {
  readonly requestId: string;
  readonly generatedMs: number;
  readonly ingestedMs: number;
  readonly durationMs: number;
}

export interface OpenDiagnosticsSource {
  readonly source: DiagnosticsSource;
  close(): Promise<void>;
}

/** The service's clock stands at this time. */
export const serviceNowMs = Date.UTC(2024, 4, 17, 13);
const startMs = Date.UTC(2024, 4, 17, 12);
const id = (n: number): string => `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`;

/** One row a second from `startMs` on, stored 100 s after its call; the last id has two. */
const given: readonly GivenRow[] = [...Array.from({length: 40}, (_, n) => n), 39].map((n, i) => ({
  requestId: id(n),
  generatedMs: startMs + n * 1_000,
  ingestedMs: startMs + 100_000 + n * 1_000,
  durationMs: 500 + i,
}));

/** What the join relies on, whoever implements it. */
export function diagnosticsSourceContract(
  name: string,
  open: (rows: readonly GivenRow[]) => OpenDiagnosticsSource | Promise<OpenDiagnosticsSource>,
): void {
  describe(`DiagnosticsSource: ${name}`, () => {
    let opened: OpenDiagnosticsSource;
    beforeAll(async () => {
      opened = await open(given);
    });
    afterAll(() => opened.close());

    const storedAt = (n: number): number => startMs + 100_000 + n * 1_000;

    async function numbers(asking: Promise<LookupAnswer>): Promise<number[]> {
      const answer = await asking;
      if (answer.kind !== 'complete') throw new Error(`The answer is ${answer.kind}.`);
      return answer.rows
        .map(({requestId}) => Number.parseInt(requestId.slice(-12), 16))
        .sort((a, b) => a - b);
    }

    test('a slice is half-open: a row on its end belongs to the next one', async () => {
      const {source} = opened;
      expect(await numbers(source.slice({fromMs: storedAt(3), toMs: storedAt(6)}))).toEqual([3, 4, 5]);
      expect(await numbers(source.slice({fromMs: storedAt(6), toMs: storedAt(8)}))).toEqual([6, 7]);
      expect(await numbers(source.slice({fromMs: storedAt(6) + 1, toMs: storedAt(7)}))).toEqual([]);
    });

    test('the shares of a slice hold each of its rows once', async () => {
      const range = {fromMs: storedAt(0), toMs: storedAt(30)};
      const shares = await Promise.all(
        [0, 1, 2, 3].map((index) => numbers(opened.source.slice({...range, share: {index, of: 4}}))),
      );
      expect(shares.flat().sort((a, b) => a - b)).toEqual(Array.from({length: 30}, (_, n) => n));
      expect(shares.filter((rows) => rows.length > 0).length).toBeGreaterThan(1);
    });

    test('a share is the two shares of twice as many parts', async () => {
      const range = {fromMs: storedAt(0), toMs: storedAt(30)};
      const [whole, ...parts] = await Promise.all(
        [
          {index: 1, of: 2},
          {index: 1, of: 4},
          {index: 3, of: 4},
        ].map((share) => numbers(opened.source.slice({...range, share}))),
      );
      expect(parts.flat().sort((a, b) => a - b)).toEqual(whole);
    });

    test('ids are found by their time of generation, both ends included, several rows of one id as they are', async () => {
      const {source} = opened;
      const range = {fromMs: startMs, toMs: startMs + 39_000};
      expect(await numbers(source.byIds({ids: [id(0), id(39), id(77)], ...range}))).toEqual([0, 39, 39]);
      expect(
        await numbers(source.byIds({ids: [id(0), id(39)], fromMs: startMs + 1, toMs: startMs + 38_999})),
      ).toEqual([]);
    });

    test('the service time comes with every complete answer', async () => {
      const {source} = opened;
      const answers = [
        source.slice({fromMs: storedAt(0), toMs: storedAt(1)}),
        source.byIds({ids: [id(1)], fromMs: startMs, toMs: serviceNowMs}),
        source.serviceNow(),
      ];
      for (const answer of await Promise.all(answers))
        expect(answer).toMatchObject({kind: 'complete', serviceNowMs});
    });

    test('a signal that has fired rejects with AbortError', async () => {
      await expect(opened.source.serviceNow(AbortSignal.abort())).rejects.toMatchObject({name: 'AbortError'});
    });
  });
}
