import {setTimeout as delay} from 'node:timers/promises';
import {onTestFinished} from 'vitest';
import type {Workload, WorkloadRow} from '../oracle/workload.ts';
import type {Scenario} from './scenario.ts';

/**
 * Publishes a workload bit by bit, its diagnostics along with it: the pace of a gateway, so that workers come and go
 * while events arrive. Resolves when all is published; ends with the test.
 */
export function publishSlowly(
  scenario: Scenario,
  workload: Workload,
  {overMs, steps = 50}: {overMs: number; steps?: number},
): Promise<void> {
  const test: {phase: 'running' | 'over'} = {phase: 'running'};
  const published = publishSteps(scenario, workload, {stepMs: overMs / steps, steps, test});
  onTestFinished(async () => {
    test.phase = 'over';
    await published;
  });
  return published;
}

async function publishSteps(
  scenario: Scenario,
  {records, rows}: Workload,
  {stepMs, steps, test}: {stepMs: number; steps: number; test: {readonly phase: 'running' | 'over'}},
): Promise<void> {
  const unpublished = new Map(Map.groupBy(rows, ({CorrelationId: id}) => id));
  const perStep = Math.ceil(records.length / steps);
  for (let from = 0; from < records.length && test.phase === 'running'; from += perStep) {
    const step = records.slice(from, from + perStep);
    scenario.publish(step);
    ingestNow(scenario, takeRows(unpublished, step));
    await delay(stepMs);
  }
  // Rows that no event asks for: attempts that a gateway's retry hid.
  ingestNow(scenario, [...unpublished.values()].flat());
}

function takeRows(unpublished: Map<string, WorkloadRow[]>, records: Workload['records']): WorkloadRow[] {
  const taken: WorkloadRow[] = [];
  for (const {body} of records) {
    for (const [, id] of Buffer.from(body)
      .toString('latin1')
      .matchAll(/"requestId":"([^"]+)"/g)) {
      taken.push(...(unpublished.get(id!) ?? []));
      unpublished.delete(id!);
    }
  }
  return taken;
}

/** All rows of one id become visible together. */
function ingestNow(scenario: Scenario, rows: readonly WorkloadRow[]): void {
  const _ingestedAt = new Date().toISOString();
  scenario.ingest(rows.map((row) => ({...row, _ingestedAt})));
}
