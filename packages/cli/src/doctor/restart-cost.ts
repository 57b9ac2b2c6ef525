import type {Examination, Step} from './examination.ts';
import {rateOverMs, type Sample} from './sample-events.ts';
import type {Subject} from './subject.ts';
import {roughly, whole} from './wording.ts';

/** Of one throughput unit, out: https://learn.microsoft.com/azure/event-hubs/event-hubs-scalability#throughput-units */
const unit = {eventsPerSecond: 4096, bytesPerSecond: 2_000_000};

export interface RestartCost {
  readonly events: number;
  /** Throughput units below which reading never catches up with what comes meanwhile. */
  readonly units: number;
  /** Until everything is read with them, new events included. */
  readonly durationMs: number;
}

/** What a restart reads again at worst: `resume` lies as far back as the oldest open record, up to the join's deadline. */
export function restartCost(
  {eventsPerSecond, eventBytes}: Pick<Sample, 'eventsPerSecond' | 'eventBytes'>,
  deadlineMs: number,
): RestartCost {
  const events = (eventsPerSecond * deadlineMs) / 1000;
  const unitPerSecond = Math.min(unit.eventsPerSecond, unit.bytesPerSecond / Math.max(1, eventBytes));
  const units = Math.floor(eventsPerSecond / unitPerSecond) + 1;
  const durationMs = (events * 1000) / (units * unitPerSecond - eventsPerSecond);
  return {events, units, durationMs};
}

export function checkRestartCost(
  examination: Examination,
  {config}: Subject,
  needs: {readonly sample: Step<Sample>},
): void {
  examination.step('restart.cost', needs, ({sample}, {say}) => {
    if (sample.eventsPerSecond === 0) {
      say({
        severity: 'ok',
        found: `No events in the last ${roughly(rateOverMs)}: a restart has little to read again.`,
      });
      return undefined;
    }
    const {events, units, durationMs} = restartCost(sample, config.join.deadlineMs);
    const unitsText = units === 1 ? '1 throughput unit' : `${units} throughput units`;
    say({
      severity: 'ok',
      found: `${whole(sample.eventsPerSecond)} events/s: a restart reads up to ${whole(events)} events again (join.deadline ${roughly(config.join.deadlineMs)}), with ${unitsText} about ${roughly(durationMs)}.`,
    });
    return undefined;
  });
}
