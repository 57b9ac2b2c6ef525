import {EventHubsRefusedError, HubQuestions} from '@weir/azure';
import type {HubFacts, PartitionFacts} from '@weir/pipeline';
import {hubConnection} from '../hub-access.ts';
import type {Examination, Look, Step} from './examination.ts';
import {hubPlace, namespaceScope, roleCommand} from './fixes.ts';
import type {IdentityStep, Principal} from './identity-check.ts';
import {resourceName, usesIdentity, type Subject} from './subject.ts';

/** The hub and all its partitions, as they were at one moment. */
export interface HubLook {
  readonly hub: HubFacts;
  readonly partitions: ReadonlyMap<string, PartitionFacts>;
}

/** Reads the hub's properties and those of its partitions: needs the right to listen, changes nothing. */
export function checkHub(
  examination: Examination,
  subject: Subject,
  needs: {readonly network: Step<'reached'>; readonly identity: IdentityStep},
): Step<HubLook> {
  const {config} = subject;
  return examination.step('event-hubs.hub', needs, async ({identity}, {say, signal}) => {
    const questions = new HubQuestions(hubConnection(config));
    let hub: HubFacts;
    try {
      hub = await questions.hubFacts(signal);
    } catch (error) {
      if (!(error instanceof EventHubsRefusedError)) throw error;
      say({
        severity: 'problem',
        found: error.message,
        consequence: 'The worker ends at start.',
        fix: refusedFix(subject, {message: error.message, principal: identity.principal}),
      });
      return undefined;
    }
    const {partitionIds} = hub;
    const partitions = await questions.partitionsFacts(partitionIds, signal);
    const count = partitionIds.length;
    if (count > 1) {
      say({
        severity: 'ok',
        found: `${config.eventHubs.hub} has ${count} partitions, for at most as many workers.`,
      });
    } else {
      say({
        severity: 'warning',
        found: `${config.eventHubs.hub} has one partition.`,
        consequence: 'One worker reads everything; a second one only stands by.',
        fix: `az eventhubs eventhub create ${place(subject)} --name <new hub> --partition-count 4`,
      });
    }
    return {hub, partitions};
  });
}

/** Names that other tools take for different ones. */
export function checkNames(examination: Examination, {config}: Subject, hub: Step<HubLook>): void {
  examination.step('event-hubs.names', {hub}, (_, look) => {
    const written = namesWithCapitals(config.eventHubs);
    if (written.length === 0) {
      look.say({severity: 'ok', found: 'Lower case, as KEDA needs it to find the checkpoints.'});
      return undefined;
    }
    sayCapitals(look, written);
    return undefined;
  });
}

/**
 * KEDA (`blobMetadata`) looks checkpoints up under namespace and hub as its trigger writes them; the consumer group it
 * makes lower case itself. Checkpoints are always at lower-case names, and names of blobs are case-sensitive.
 */
export function namesWithCapitals({
  hub,
  connectionString,
}: {
  hub: string;
  connectionString: string | undefined;
}): string[] {
  const [, host = ''] = /Endpoint\s*=\s*[a-z]+:\/\/([^/;]+)/i.exec(connectionString ?? '') ?? [];
  return [hub, host].filter((name) => name !== name.toLowerCase());
}

function sayCapitals({say}: Look, written: readonly string[]): void {
  say({
    severity: 'warning',
    found: `${written.join(' and ')} ${written.length === 1 ? 'has' : 'have'} capital letters.`,
    consequence:
      'KEDA looks for checkpoints under the name as it is written and finds none, because names of blobs are case-sensitive: it scales to its maximum.',
    fix: `In the trigger of the ScaledObject write ${written.map((name) => name.toLowerCase()).join(' and ')} (kubectl edit scaledobject <name>); Event Hubs takes both. Leave EVENT_HUB_NAME of a worker that has run as it is: its fences carry the name.`,
  });
}

function refusedFix(
  subject: Subject,
  {message, principal}: {message: string; principal: Principal | undefined},
): string {
  const {eventHubs} = subject.config;
  if (message.startsWith('There is no')) {
    return `Set EVENT_HUB_NAME right, or:\naz eventhubs eventhub create ${place(subject)} --name ${eventHubs.hub} --partition-count 4`;
  }
  if (usesIdentity(subject.config).eventHubs) {
    const scope = namespaceScope(resourceName(eventHubs.namespace));
    return roleCommand('Azure Event Hubs Data Receiver', principal, scope);
  }
  return (
    `EVENT_HUBS_CONNECTION_STRING: take the key of a rule that may listen:\n` +
    `az eventhubs eventhub authorization-rule create ${hubPlace(resourceName(eventHubs.namespace), eventHubs.hub)} --name weir --rights Listen`
  );
}

function place({config}: Subject): string {
  return `--resource-group <group> --namespace-name ${resourceName(config.eventHubs.namespace)}`;
}
