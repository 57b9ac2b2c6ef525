import {expect, test} from 'vitest';
import {runChunk} from './chunks.ts';

const testTimeoutMs = 120_000;

/**
 * Short runs of fixed seeds: other ones each time would hide a failure by the next run. In a plain process, where they
 * take less than half the time; each file has a range of its own, so that the test runner spreads them over the cores.
 */
export function testSeeds({from, runs}: {from: number; runs: number}): void {
  test(
    `seeds ${from} to ${from + runs - 1}: every event counts once whatever crashes, overlaps, gets lost or comes late`,
    async () => {
      const {output, code} = await runChunk({from, runs}, []);
      expect(output).toContain(`${runs} runs, 0 failed`);
      expect(code).toBe(0);
    },
    testTimeoutMs,
  );
}
