import {startMark, type Mark} from '@weir/pipeline';
import {expect, test} from 'vitest';
import {partition} from '../in-memory-ports.ts';
import {planBeginAnew} from '../recover/anew-plan.ts';
import {beginAnew} from '../recover/begin-anew.ts';
import {inspectPartition, isStopped} from '../recover/inspect.ts';
import {RetryWorld} from './retry-fixture.ts';
import {retryPartitionId} from './retry-partition.ts';

const retryPartition = {...partition, partitionId: retryPartitionId};
const noRetention = {'5m': undefined, '1h': undefined, '1d': undefined};

/** What `weir recover --partition retry --begin-anew` does. */
async function recover(world: RetryWorld, start: Mark | undefined): Promise<string> {
  const {signal} = new AbortController();
  const {ports} = world;
  const {report} = world.told;
  const common = {ports, signal, report};
  const inspection = await inspectPartition({...common, partition: retryPartition, hubCreatedAt: 'later'});
  if (!isStopped(inspection)) return inspection.state.kind;
  const plan = planBeginAnew(inspection, start);
  const end = await beginAnew({...common, retentionMs: noRetention, stopped: inspection, plan, owner: 'r'});
  return end.kind;
}

test('a restored journal is begun anew, and what it settled is not counted again', async () => {
  const world = new RetryWorld();
  world.add(1);
  await world.run();
  expect(await recover(world, undefined)).toBe('runs');
  // As storage gives back an older copy.
  const there = await world.journal.etag(retryPartition);
  await world.journal.write(retryPartition, {
    bytes: world.journal.sent[0]!,
    ifMatch: there.kind === 'found' ? there.etag : undefined,
  });
  world.settled.blobs.clear();
  world.add(2);
  expect(await world.run()).toMatchObject({kind: 'stopped', finding: {kind: 'journal restored'}});
  expect(await recover(world, startMark)).toBe('done');
  expect(await world.run()).toMatchObject({kind: 'done', settled: {size: 1}, settledBefore: {length: 1}});
  expect(world.counted()).toMatchObject({'usage 5m eastus2': [2, 0, 0, 0]});
});

test('the hub of a retry journal is not asked about: it was made again, and retries go on', async () => {
  const world = new RetryWorld();
  world.add(1);
  await world.run();
  expect(await recover(world, undefined)).toBe('runs');
});
