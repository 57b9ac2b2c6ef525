import {hostOf, readOwners} from '@weir/azure';
import {hubConnection} from '../hub-access.ts';
import type {Examination, Step} from './examination.ts';
import type {HubLook} from './hub-checks.ts';
import type {PartitionSummary} from './partition-summaries.ts';
import type {StorageLook} from './storage-checks.ts';
import type {Subject} from './subject.ts';

/** Who owns the partitions, by the ownership list. */
export function checkOwners(
  examination: Examination,
  {config, now}: Subject,
  needs: {
    readonly hub: Step<HubLook>;
    readonly storage: Step<StorageLook>;
    readonly journals: Step<readonly PartitionSummary[]>;
  },
): void {
  examination.step('partitions.owners', needs, async ({hub, storage, journals}, {say, signal}) => {
    const all = hub.hub.partitionIds.length;
    const source = {
      namespace: hostOf(hubConnection(config)),
      hub: config.eventHubs.hub,
      group: config.eventHubs.consumerGroup,
    };
    const listed =
      storage.state === 'missing' ? [] : await readOwners(storage.container, source, {now, signal});
    const owned = listed.filter(({ownerId, ageMs}) => ownerId !== '' && ageMs < config.ownership.expiryMs);
    const workers = new Set(owned.map(({ownerId}) => ownerId)).size;
    const text = `${workers === 1 ? '1 worker owns' : `${workers} workers own`} ${owned.length} of ${all} partitions.`;
    if (owned.length === all) {
      say({severity: 'ok', found: text});
      return undefined;
    }
    if (owned.length > 0) {
      say({
        severity: 'warning',
        found: text,
        consequence: 'Nobody reads the others, unless a worker is about to take them over.',
        fix: 'kubectl logs deployment/<name> --since 5m',
      });
      return undefined;
    }
    const hasRun = journals.some(({journal}) => journal !== undefined);
    if (!hasRun) {
      say({severity: 'ok', found: 'No worker is running yet.'});
      return undefined;
    }
    say({
      severity: 'warning',
      found: 'No worker is running, and one has been.',
      consequence: 'Events gather in the hub until one starts, or expire.',
      fix: 'kubectl get pods; kubectl logs deployment/<name> --previous',
    });
    return undefined;
  });
}
