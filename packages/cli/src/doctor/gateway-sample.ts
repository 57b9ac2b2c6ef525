import type {HubEvent} from '@weir/azure';
import {workerSettings, type Config} from '@weir/worker';
import {EventReader} from '../inspect/reading.ts';

/** What the records of a sample are, in numbers and names of ours; nothing of a body. */
export interface GatewaySample {
  readonly records: number;
  /** Records that count as calls. */
  readonly calls: number;
  readonly byShape: ReadonlyMap<string, number>;
  /** Dead letters. A request without its response at the edge of the sample is none of them. */
  readonly byReason: ReadonlyMap<string, number>;
  readonly withId: number;
  readonly withRegion: number;
  /** Before estimates. */
  readonly byTokenSource: ReadonlyMap<string, number>;
  /** Calls without counts that tell their texts, so that a worker estimates them; 0 where that is switched off. */
  readonly estimable: number;
  /** Ids with the enqueued time of their event, for a look at their diagnostics. */
  readonly ids: readonly {readonly requestId: string; readonly enqueuedTimeMs: number}[];
}

/** Reads the sample with the configured shapes, as the worker does. */
export function readSample(latest: ReadonlyMap<string, readonly HubEvent[]>, config: Config): GatewaySample {
  const {partition} = workerSettings(config, 'doctor', config.tokens.estimate ? 'kept' : 'ignored');
  const reader = new EventReader(partition);
  const byShape = new Map<string, number>();
  const byReason = new Map<string, number>();
  const byTokenSource = new Map<string, number>();
  const ids: {requestId: string; enqueuedTimeMs: number}[] = [];
  let [records, calls, withRegion, estimable] = [0, 0, 0, 0];
  for (const events of latest.values()) {
    for (const {body, enqueuedTimeMs} of events) {
      const decoded = partition.decoder.decode(body, enqueuedTimeMs);
      estimable += decoded.filter((record) => record.kind === 'event' && record.texts !== undefined).length;
    }
    for (const {at, reading} of reader.readTogether(events)) {
      const {outcome, reason, shape, event} = reading;
      if (outcome === 'skipped' || reason === 'incomplete') continue;
      records += 1;
      if (outcome === 'deadLetter') add(byReason, reason ?? 'unknown');
      if (outcome === 'deadLetter' || event === null) continue;
      calls += 1;
      add(byShape, shape ?? 'unknown');
      add(byTokenSource, event.tokenSource);
      if (event.region !== null) withRegion += 1;
      if (event.requestId !== null) {
        ids.push({requestId: event.requestId, enqueuedTimeMs: events[at]!.enqueuedTimeMs});
      }
    }
  }
  return {records, calls, byShape, byReason, withId: ids.length, withRegion, byTokenSource, estimable, ids};
}

function add(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}
