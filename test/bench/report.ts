/** One run of the loop that only reads. */
export interface BareRun {
  /** CPU time of the process for all events, µs. */
  readonly cpuMicros: number;
  /** From the first event to the last, ms. */
  readonly readMs: number;
  readonly peakRssBytes: number;
}

/** One run of the worker; the CPU times are cumulative. */
export interface WorkerRun extends BareRun {
  /** Until all events were read and folded. */
  readonly readMicros: number;
  /** Until all that have diagnostics were joined. */
  readonly joinedMicros: number;
}

/** Two runs that followed each other, so that the machine was the same for both. */
export interface Pair {
  readonly bare: BareRun;
  readonly worker: WorkerRun;
}

/** The bar of the project: the worker may cost twice what reading alone does. */
export const ratioMax = 2;

/** Worker over bare loop, of each pair. */
export function ratios(pairs: readonly Pair[]): number[] {
  return pairs.map(({bare, worker}) => worker.cpuMicros / bare.cpuMicros);
}

/** The table of `npm run bench`; values are minimum, median and maximum of the rounds. */
export function renderReport({pairs, events}: {pairs: readonly Pair[]; events: number}): string {
  const bare = pairs.map((pair) => pair.bare);
  const worker = pairs.map((pair) => pair.worker);
  const perEvent = (values: readonly number[]): string =>
    spread(
      values.map((micros) => micros / events),
      2,
    );
  const perSecond = (runs: readonly BareRun[]): string =>
    spread(
      runs.map(({readMs}) => (events * 1000) / readMs),
      0,
    );
  const peak = (runs: readonly BareRun[]): string =>
    spread(
      runs.map(({peakRssBytes}) => peakRssBytes / 2 ** 20),
      0,
    );
  const lines = [
    ['', 'CPU µs per event', 'events read per s', 'peak RSS MiB'],
    ['bare loop', perEvent(bare.map(({cpuMicros}) => cpuMicros)), perSecond(bare), peak(bare)],
    ['worker', perEvent(worker.map(({cpuMicros}) => cpuMicros)), perSecond(worker), peak(worker)],
    ['  read and fold', perEvent(worker.map(({readMicros}) => readMicros)), '', ''],
    ['  join', perEvent(worker.map(({readMicros, joinedMicros}) => joinedMicros - readMicros)), '', ''],
    ['  last commit', perEvent(worker.map(({joinedMicros, cpuMicros}) => cpuMicros - joinedMicros)), '', ''],
    ['worker / bare loop', spread(ratios(pairs), 2), '', ''],
  ];
  const widths = [20, 24, 30, 20];
  const table = lines.map((cells) =>
    cells
      .map((cell, at) => cell.padEnd(widths[at]!))
      .join('')
      .trimEnd(),
  );
  return [
    '',
    `${events} events, ${pairs.length} rounds; minimum / median / maximum`,
    ...table,
    `the bar for the ratio is ${ratioMax}`,
    '',
  ].join('\n');
}

function spread(values: readonly number[], digits: number): string {
  const sorted = [...values].sort((a, b) => a - b);
  const shown = [sorted[0], sorted[Math.floor((sorted.length - 1) / 2)], sorted.at(-1)];
  return shown.map((value) => (value ?? Number.NaN).toFixed(digits)).join(' / ');
}
