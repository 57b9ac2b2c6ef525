import {createCosmosClient, lookAtAccount, lookAtContainers, tryToReplace} from '@weir/azure';
import type {CosmosClient} from '@azure/cosmos';
import {accountOf, completed, sayContainer, sayNoAnswer} from './cosmos-findings.ts';
import type {Examination, Step} from './examination.ts';
import type {IdentityStep} from './identity-check.ts';
import {usesIdentity, type Subject} from './subject.ts';

/** The account answers. The client is for the caller of the examination to dispose of. */
export interface CosmosReady {
  readonly client: CosmosClient;
}

/** Both containers, usable: `missing` is no fault where the worker makes what is missing. */
export interface ContainersReady extends CosmosReady {
  readonly state: 'found' | 'missing';
}

/** @throws CosmosConfigurationError */
export function openCosmosClient({config, identity}: Subject): CosmosClient {
  const {endpoint, key} = config.cosmos;
  return createCosmosClient({endpoint, credential: key === undefined ? {token: identity()} : {key}});
}

/** Reads the account: one write region, and whether the key or role is good. */
export function checkAccount(
  examination: Examination,
  subject: Subject,
  needs: {readonly network: Step<'reached'>; readonly identity: IdentityStep},
): Step<CosmosReady> {
  return examination.step('cosmos.account', needs, async ({identity}, look) => {
    const client = openCosmosClient(subject);
    const answer = await lookAtAccount(client);
    if (answer.kind !== 'found') {
      client.dispose();
      sayNoAnswer(look, {answer, subject, principal: identity.principal, whatFor: 'the account'});
      return undefined;
    }
    const {writeRegions, consistency} = answer.value;
    if (writeRegions.length > 1) {
      look.say({
        severity: 'problem',
        found: `The account takes writes in ${writeRegions.join(' and ')}.`,
        consequence: 'The worker does not start: two writers could both succeed under one ETag.',
        fix: `az cosmosdb update --name ${accountOf(subject)} --resource-group <group> --enable-multiple-write-locations false`,
      });
      return {client};
    }
    const doubled = /strong|staleness/i.test(consistency) ? ', under which reads cost twice the units' : '';
    look.say({
      severity: 'ok',
      found: `One write region, ${writeRegions.join('')}; consistency ${consistency}${doubled}.`,
    });
    return {client};
  });
}

/** Reads the definitions of both containers. */
export function checkContainers(
  examination: Examination,
  subject: Subject,
  needs: {readonly account: Step<CosmosReady>; readonly identity: IdentityStep},
): Step<ContainersReady> {
  const {database, container: aggregates} = subject.config.cosmos;
  return examination.step('cosmos.containers', needs, async ({account, identity}, look) => {
    const looks = await lookAtContainers(account.client, {database, aggregates});
    let isUsable = true;
    let state: ContainersReady['state'] = 'found';
    for (const {name, create, look: answer} of looks) {
      if (answer.kind === 'found') {
        isUsable = sayContainer(look, {container: answer.value, subject}) && isUsable;
        continue;
      }
      if (answer.kind !== 'missing') {
        const whatFor = `the container ${name}`;
        sayNoAnswer(look, {answer, subject, principal: identity.principal, whatFor});
        return undefined;
      }
      state = 'missing';
      if (usesIdentity(subject.config).cosmos) {
        isUsable = false;
        look.say({
          severity: 'problem',
          found: `There is no container ${database}/${name}.`,
          consequence: 'The worker ends at start: an Entra identity cannot make containers.',
          fix: completed(create, subject),
        });
      } else {
        look.say({
          severity: 'ok',
          found: `There is no container ${database}/${name} yet; the worker makes it.`,
        });
      }
    }
    return isUsable ? {...account, state} : undefined;
  });
}

/** Tries the right to write by a write that cannot succeed. */
export function checkCosmosWrites(
  examination: Examination,
  subject: Subject,
  needs: {readonly containers: Step<ContainersReady>; readonly identity: IdentityStep},
): void {
  const {database, container: aggregates} = subject.config.cosmos;
  examination.step('cosmos.writing', needs, async ({containers, identity}, look) => {
    if (containers.state === 'missing') {
      look.say({severity: 'skipped', found: 'There are no containers to write to yet.'});
      return undefined;
    }
    for (const container of [aggregates, 'progress']) {
      const trial = await tryToReplace(containers.client, {database, container});
      if (trial === 'allowed') continue;
      const whatFor = `a write to ${container}`;
      sayNoAnswer(look, {answer: trial, subject, principal: identity.principal, whatFor});
      return undefined;
    }
    look.say({severity: 'ok', found: `Documents of ${aggregates} and progress may be written.`});
    return undefined;
  });
}
