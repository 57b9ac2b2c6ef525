import type {Examination, Step} from './examination.ts';
import type {HubLook} from './hub-checks.ts';
import type {Sample} from './sample-events.ts';
import {resourceName, type Subject} from './subject.ts';
import {roughly} from './wording.ts';

/** Beyond the join's deadline: a restart with its re-reading, and somebody who looks. */
const marginMs = 60 * 60_000;

/**
 * Whether an event that waits for its diagnostics is still in the hub when a worker has to read it again. The data plane
 * does not tell the retention; where something has expired, the age of the oldest event does, roughly.
 */
export function checkRetention(
  examination: Examination,
  {config, now}: Subject,
  needs: {readonly hub: Step<HubLook>; readonly sample: Step<Sample>},
): void {
  examination.step('event-hubs.retention', needs, ({hub, sample}, {say}) => {
    const {deadlineMs, waitMaxMs} = config.join;
    const ages = [...sample.oldestMs].map(([partition, oldestMs]) => ({
      ageMs: now() - oldestMs,
      hasExpired: (hub.partitions.get(partition)?.beginningSequenceNumber ?? 0) > 0,
    }));
    if (ages.length === 0) {
      say({severity: 'skipped', found: 'There are no events to tell it by.'});
      return undefined;
    }
    const keptMs = Math.max(...ages.map(({ageMs}) => ageMs));
    const isKnown = ages.some(({hasExpired}) => hasExpired);
    const names = `--resource-group <group> --namespace-name ${resourceName(config.eventHubs.namespace)} --name ${config.eventHubs.hub}`;
    const needMs = Math.max(deadlineMs + marginMs, waitMaxMs);
    const fix = `az eventhubs eventhub update ${names} --retention-time ${Math.max(24, Math.ceil(needMs / 3_600_000) + 1)}`;
    if (!isKnown && keptMs < needMs) {
      say({
        severity: 'skipped',
        found: `It cannot be told yet: nothing has expired, and the oldest event is ${roughly(keptMs)} old. join.waitMax wants ${roughly(waitMaxMs)}.`,
        fix: `az eventhubs eventhub show ${names} --query retentionDescription.retentionTimeInHours`,
      });
    } else if (!isKnown) {
      say({severity: 'ok', found: `Nothing has expired: the oldest event is ${roughly(keptMs)} old.`});
    } else if (keptMs < deadlineMs) {
      say({
        severity: 'problem',
        found: `Events are kept for about ${roughly(keptMs)}, and join.deadline is ${roughly(deadlineMs)}.`,
        consequence: 'Events that wait for their diagnostics are lost with every restart.',
        fix,
      });
    } else if (keptMs < needMs) {
      say({
        severity: 'warning',
        found: `Events are kept for about ${roughly(keptMs)}; join.deadline and an hour are ${roughly(deadlineMs + marginMs)}, join.waitMax is ${roughly(waitMaxMs)}.`,
        consequence:
          'A restart after an outage of the worker or of Log Analytics may come too late for events that wait.',
        fix,
      });
    } else
      say({
        severity: 'ok',
        found: `Events are kept for about ${roughly(keptMs)}, longer than any of them waits.`,
      });
    return undefined;
  });
}
