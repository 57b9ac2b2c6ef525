import {EventHubsRefusedError} from '@weir/azure';
import {count} from '../count-text.ts';
import {hubConnection} from '../hub-access.ts';
import type {Examination, Step} from './examination.ts';
import {hubPlace, namespaceScope, roleCommand} from './fixes.ts';
import type {HubLook} from './hub-checks.ts';
import {sampleEvents, type Sample} from './sample-events.ts';
import {resourceName, type Subject} from './subject.ts';

/** Tries to receive in a consumer group, and takes a sample of what comes. */
export function checkReading(
  examination: Examination,
  {config, lookingGroup, now}: Subject,
  hub: Step<HubLook>,
): Step<Sample> {
  const place = hubPlace(resourceName(config.eventHubs.namespace), config.eventHubs.hub);
  return examination.step('event-hubs.reading', {hub}, async (values, {say, signal}) => {
    const {partitions} = values.hub;
    const connection = hubConnection(config, {consumerGroup: lookingGroup});
    let sample: Sample;
    try {
      sample = await sampleEvents(connection, {partitions, nowMs: now(), signal});
    } catch (error) {
      if (!(error instanceof EventHubsRefusedError)) throw error;
      // The hub answered before: it is the group that is not there, or the right to receive.
      const isMissing = error.message.startsWith('There is no');
      const scope = namespaceScope(resourceName(config.eventHubs.namespace));
      say({
        severity: 'problem',
        found: `Nothing can be received in the consumer group ${lookingGroup}: ${error.message}`,
        consequence: 'The worker reads nothing.',
        fix: isMissing
          ? `az eventhubs eventhub consumer-group create ${place} --name ${lookingGroup}`
          : roleCommand('Azure Event Hubs Data Receiver', undefined, scope),
      });
      return undefined;
    }
    const events = [...sample.latest.values()].reduce((sum, latest) => sum + latest.length, 0);
    if (events > 0) {
      say({
        severity: 'ok',
        found: `${count(events, 'event')} of ${count(sample.latest.size, 'partition')} could be read in ${lookingGroup}.`,
      });
      return sample;
    }
    if (sample.owned.length > 0) {
      say({
        severity: 'ok',
        found: `Workers own the partitions in ${lookingGroup}, so the right to read is there.`,
      });
      say({
        severity: 'skipped',
        found: 'Events cannot be looked at beside them; in a consumer group of your own they can.',
        fix: `az eventhubs eventhub consumer-group create ${place} --name looking && weir doctor --consumer-group looking`,
      });
      return undefined;
    }
    say({severity: 'ok', found: 'The hub holds no events, so receiving was not tried.'});
    return sample;
  });
}
