import {lookAtContainer, openObservedContainer, tryToWrite, type BlobContainer} from '@weir/azure';
import {storageConnection} from '@weir/worker';

import {httpEndpoint, type Endpoint} from './endpoints.ts';
import type {Examination, Step} from './examination.ts';
import {roleCommand, storageScope} from './fixes.ts';
import type {IdentityStep, Principal} from './identity-check.ts';
import {resourceName, usesIdentity, type Subject} from './subject.ts';

/** The container as it was found; `missing` is no fault, a worker makes it. */
export interface StorageLook {
  readonly container: BlobContainer;
  readonly state: 'found' | 'missing';
}

export function storageEndpoint(subject: Subject): Endpoint {
  return httpEndpoint(openStorage(subject).client.url, {
    key: 'STORAGE_CONNECTION_STRING or STORAGE_ACCOUNT_URL',
    privateZone: 'privatelink.blob.core.windows.net',
  });
}

/** Lists the container. */
export function checkContainer(
  examination: Examination,
  subject: Subject,
  needs: {readonly network: Step<'reached'>; readonly identity: IdentityStep},
): {readonly found: Step<StorageLook>; readonly clock: Step<BlobContainer>} {
  const {config} = subject;
  const container = Promise.withResolvers<BlobContainer | undefined>();
  const found = examination.step('storage.container', needs, async ({identity}, {say, signal}) => {
    const opened = openStorage(subject);
    const name = config.storage.container;
    const look = await lookAtContainer(opened.client, signal).finally(() => container.resolve(opened));
    switch (look.kind) {
      case 'found':
        if (look.immutable === true) {
          say({
            severity: 'problem',
            found: `Blobs of the container ${name} must not be replaced: it has an immutability policy or a legal hold.`,
            consequence: 'The second commit of every journal is refused, and its partition stops.',
            fix: 'STORAGE_CONTAINER: name another container.',
          });
        } else say({severity: 'ok', found: `The container ${name} can be listed.`});
        return {container: opened, state: 'found' as const};
      case 'missing':
        say({severity: 'ok', found: `There is no container ${name} yet; the worker makes it at start.`});
        return {container: opened, state: 'missing' as const};
      case 'forbidden':
      case 'refused':
        say({
          severity: 'problem',
          found: `Storage refuses to list the container ${name} (${causeOf(look)}).`,
          consequence: 'The worker ends at start.',
          fix: rightsFix(subject, identity.principal),
        });
        return undefined;
      case 'unclear':
      case 'aborted':
        say({
          severity: 'problem',
          found: `Storage gives no usable answer (${causeOf(look)}).`,
          consequence: 'The worker ends at start.',
        });
        return undefined;
    }
  });
  // Of an answer that refused, the time is as good.
  void found.outcome.then(() => container.resolve(undefined));
  const clock: Step<BlobContainer> = {
    name: found.name,
    outcome: container.promise.then((value) => (value === undefined ? undefined : {value})),
  };
  return {found, clock};
}

/** Tries the right to write by a write that cannot succeed. */
export function checkStorageWrites(
  examination: Examination,
  subject: Subject,
  needs: {readonly storage: Step<StorageLook>; readonly identity: IdentityStep},
): void {
  examination.step('storage.writing', needs, async ({storage, identity}, {say, signal}) => {
    const trial = await tryToWrite(storage.container.client, signal);
    if (trial.kind === 'allowed') {
      say({severity: 'ok', found: 'Blobs may be written.'});
      return undefined;
    }
    const isRight = trial.kind === 'forbidden';
    say({
      severity: 'problem',
      found: isRight ? `Blobs may not be written (${trial.cause}).` : `No usable answer (${causeOf(trial)}).`,
      consequence: 'No journal can be written, and nothing is counted.',
      ...(isRight && {fix: rightsFix(subject, identity.principal)}),
    });
    return undefined;
  });
}

/** @throws StorageRefusedError */
export function openStorage({config, identity, now}: Subject): BlobContainer {
  return openObservedContainer({...storageConnection(config, identity), name: config.storage.container, now});
}

function rightsFix(subject: Subject, principal: Principal | undefined): string {
  const account = accountOf(subject);
  if (!usesIdentity(subject.config).storage) {
    return `STORAGE_CONNECTION_STRING: take what this prints:\naz storage account show-connection-string --name ${account} --query connectionString --output tsv`;
  }
  return roleCommand('Storage Blob Data Contributor', principal, storageScope(account));
}

function accountOf(subject: Subject): string {
  const {client} = openStorage(subject);
  return client.accountName || resourceName(new URL(client.url).hostname);
}

function causeOf(fault: {readonly kind: string; readonly cause?: string}): string {
  return fault.cause ?? fault.kind;
}
