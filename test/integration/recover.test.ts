import {execFile} from 'node:child_process';
import {fileURLToPath} from 'node:url';
import {BlobServiceClient} from '@azure/storage-blob';
import {expect, test} from 'vitest';
import {diagnosticsRow, gatewayEvent} from './calls.ts';
import {eventually} from './eventually.ts';
import {Scenario} from './scenario.ts';
import type {Workload} from '../oracle/workload.ts';

const root = new URL('../../', import.meta.url);
const node = fileURLToPath(new URL('node_modules/.bin/node', root));
const command = fileURLToPath(new URL('packages/cli/bin/weir.js', root));
/** Twice the worker's look at a stopped partition, for a machine that is busy. */
const lookedAgainWithinMs = 60_000;
const partitionId = '0';

/** Calls `[from, to)` with their diagnostics. */
function calls(from: number, to: number): Workload {
  const numbers = Array.from({length: to - from}, (_, index) => from + index);
  return {
    records: numbers.map((number) => ({
      partitionId,
      body: Buffer.from(JSON.stringify(gatewayEvent(number))),
      enqueuedTimeMs: Date.now(),
    })),
    rows: numbers.map((number) => diagnosticsRow(number)),
  };
}

test(
  'a partition whose journal was deleted is explained, begun anew, and goes on without a restart and without an error in the numbers',
  {timeout: 240_000},
  async () => {
    const scenario = await Scenario.start({partitionCount: 1});
    const counted = calls(0, 40);
    const unread = calls(40, 60);
    scenario.publish(counted.records);
    scenario.ingest([...counted.rows, ...unread.rows]);
    const worker = scenario.startWorker();
    await scenario.untilSettled(counted);

    await deleteJournal(scenario);
    scenario.publish(unread.records);
    await eventually(() => worker.lines.find(({kind}) => kind === 'stopped'), {
      within: lookedAgainWithinMs,
      otherwise: () => `the partition does not stop. ${worker.output()}`,
    });

    const explained = await recover(scenario);
    expect(explained).toMatchObject({code: 1, stderr: ''});
    expect(explained.stdout).toContain('Partition 0 is stopped: its journal is lost.');
    expect(explained.stdout).toContain('weir recover --partition 0 --begin-anew --from 40');
    expect(explained.stdout).toContain('No event counts twice.');
    expect(explained.stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);

    const unconfirmed = await recover(scenario, '--begin-anew', '--from', '40');
    expect(unconfirmed).toMatchObject({code: 2, stderr: expect.stringContaining('--yes')});

    const resolved = await recover(scenario, '--begin-anew', '--from', '40', '--yes');
    expect(resolved.stderr).toContain('Partition 0 is resolved.');
    expect(resolved.code).toBe(0);

    const everything = {
      records: [...counted.records, ...unread.records],
      rows: [...counted.rows, ...unread.rows],
    };
    expect(await scenario.problemsAtRest(everything, {withinMs: 2 * lookedAgainWithinMs})).toEqual([]);
    expect(await recover(scenario)).toMatchObject({code: 0});
    const again = await recover(scenario, '--begin-anew', '--from', '0', '--yes', '--json');
    expect(again.code).toBe(0);
    expect(JSON.parse(again.stdout)).toMatchObject({partitions: [{partition: '0', state: 'runs'}]});
  },
);

async function deleteJournal({stack}: Scenario): Promise<void> {
  const container = BlobServiceClient.fromConnectionString(stack.blob.connectionString).getContainerClient(
    'weir',
  );
  for await (const {name} of container.listBlobsFlat({prefix: 'journal/'})) await container.deleteBlob(name);
}

/** `weir recover` as a process of its own, without a terminal. */
function recover(
  {stack}: Scenario,
  ...args: string[]
): Promise<{code: number | null; stdout: string; stderr: string}> {
  return new Promise((resolve) => {
    const child = execFile(
      node,
      [command, 'recover', ...args],
      {cwd: fileURLToPath(root), env: {PATH: process.env['PATH'], ...stack.variables}},
      (_, stdout, stderr) => resolve({code: child.exitCode, stdout, stderr}),
    );
  });
}
