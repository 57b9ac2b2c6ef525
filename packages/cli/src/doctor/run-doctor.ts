import {eventHubsEndpoint, httpEndpoint} from './endpoints.ts';
import {checkClock} from './clock-check.ts';
import {checkConfiguration} from './configuration-check.ts';
import {checkAccount, checkContainers, checkCosmosWrites} from './cosmos-checks.ts';
import {Examination} from './examination.ts';
import type {Finding} from './finding.ts';
import {checkGateway} from './gateway-checks.ts';
import {checkHub, checkNames} from './hub-checks.ts';
import {checkIdentity, identityFor} from './identity-check.ts';
import {checkJoin} from './join-check.ts';
import {checkQueries, checkTable, logAnalyticsEndpoint} from './log-analytics-checks.ts';
import {checkNetwork} from './network-check.ts';
import {checkOwners} from './owners-check.ts';
import {checkPartitions} from './partition-checks.ts';
import {checkRestartCost} from './restart-cost.ts';
import {checkRetention} from './retention-check.ts';
import {checkReading} from './sample-check.ts';
import {checkContainer, checkStorageWrites, storageEndpoint} from './storage-checks.ts';
import type {ServiceName, Subject} from './subject.ts';

/** Everything that is looked at, in the order in which it is told. Changes nothing anywhere. */
export async function runDoctor(
  subject: Subject,
  options: ConstructorParameters<typeof Examination>[0] = {},
): Promise<Finding[]> {
  const examination = new Examination(options);
  const {config} = subject;
  checkConfiguration(examination, subject);
  const identity = checkIdentity(examination, subject);
  const as = (service: ServiceName) => identityFor(service, identity, subject);

  const network = (
    name: string,
    section: ServiceName,
    endpoint: Parameters<typeof checkNetwork>[2]['endpoint'],
  ) => checkNetwork(examination, subject, {name, section, endpoint});
  const eventHubs = network('event-hubs', 'eventHubs', () => eventHubsEndpoint(config));
  const hub = checkHub(examination, subject, {network: eventHubs, identity: as('eventHubs')});
  checkNames(examination, subject, hub);
  const sample = checkReading(examination, subject, hub);
  checkRetention(examination, subject, {hub, sample});

  const blob = network('storage', 'storage', () => storageEndpoint(subject));
  const {found: storage, clock} = checkContainer(examination, subject, {
    network: blob,
    identity: as('storage'),
  });
  checkStorageWrites(examination, subject, {storage, identity: as('storage')});
  checkClock(examination, clock);

  const documents = network('cosmos', 'cosmos', () =>
    httpEndpoint(config.cosmos.endpoint, {
      key: 'COSMOS_ENDPOINT',
      privateZone: 'privatelink.documents.azure.com',
    }),
  );
  const account = checkAccount(examination, subject, {network: documents, identity: as('cosmos')});
  const containers = checkContainers(examination, subject, {account, identity: as('cosmos')});
  checkCosmosWrites(examination, subject, {containers, identity: as('cosmos')});

  const queries = network('log-analytics', 'logAnalytics', () => logAnalyticsEndpoint(subject));
  const logAnalytics = checkQueries(examination, subject, {network: queries, identity: as('logAnalytics')});
  checkTable(examination, subject, {logAnalytics});

  const gateway = checkGateway(examination, subject, {sample});
  checkJoin(examination, subject, {gateway, logAnalytics});
  const journals = checkPartitions(examination, subject, {hub, storage, containers});
  checkOwners(examination, subject, {hub, storage, journals});
  checkRestartCost(examination, subject, {sample});

  const findings = await examination.findings();
  (await account.outcome)?.value.client.dispose();
  return findings;
}
