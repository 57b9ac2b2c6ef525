import {samplePartitions} from '../oracle/sample.ts';
import {eventually} from './eventually.ts';
import type {WorkerProcess} from './worker-process.ts';

/** Expiry, a round of claims, and recovery. */
const takenOverWithinMs = 30_000;

/** Waits until the workers own all partitions of the sample between them, and each owns some. */
export async function untilShared(workers: readonly WorkerProcess[]): Promise<void> {
  await untilOwning(workers, samplePartitions);
  await Promise.all(
    workers.map((worker) => worker.metricsWhen((now) => now.sum('weir_partitions_owned') > 0)),
  );
}

/** Waits until the workers own so many partitions between them. */
export async function untilOwning(workers: readonly WorkerProcess[], partitions: number): Promise<void> {
  const owned = async (): Promise<number> => {
    const metrics = await Promise.all(workers.map((worker) => worker.metrics()));
    return metrics.map((now) => now.sum('weir_partitions_owned')).reduce((a, b) => a + b, 0);
  };
  let last = 0;
  await eventually(
    async () => {
      last = await owned();
      return last === partitions ? true : undefined;
    },
    {
      within: takenOverWithinMs,
      otherwise: () => `${last} partitions are owned. ${workers.map((one) => one.output()).join()}`,
    },
  );
}
