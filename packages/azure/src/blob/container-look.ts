import type {ContainerClient} from '@azure/storage-blob';
import {requestSignal} from './request-signal.ts';
import {storageFault, type StorageFault} from './storage-fault.ts';

const requestTimeoutMs = 10_000;

/** What a container is, for whoever must not change it. */
export type ContainerLook =
  /** `immutable`: a policy or a legal hold forbids to replace blobs; undefined where the rights do not tell. */
  | {readonly kind: 'found'; readonly immutable: boolean | undefined}
  | {readonly kind: 'missing'}
  | Exclude<StorageFault, {kind: 'missing'}>;

/** Lists one name of the container, and reads its properties where the rights allow. */
export async function lookAtContainer(client: ContainerClient, signal?: AbortSignal): Promise<ContainerLook> {
  try {
    await client
      .listBlobsFlat({abortSignal: requestSignal(requestTimeoutMs, signal)})
      .byPage({maxPageSize: 1})
      .next();
  } catch (error) {
    return missingOrFault(error, signal);
  }
  try {
    const {hasImmutabilityPolicy, hasLegalHold} = await client.getProperties({
      abortSignal: requestSignal(requestTimeoutMs, signal),
    });
    return {kind: 'found', immutable: hasImmutabilityPolicy === true || hasLegalHold === true};
  } catch (error) {
    // The rights to list and to write, which the worker needs, may come without this one.
    const fault = storageFault(error, signal);
    return fault.kind === 'forbidden' ? {kind: 'found', immutable: undefined} : missingOrFault(error, signal);
  }
}

/** Whether blobs may be written. */
export type WriteTrial =
  {readonly kind: 'allowed'} | Exclude<StorageFault, {kind: 'missing'} | {kind: 'refused'}>;

/** No blob ever has it: the service counts in ticks of this century. */
const impossibleEtag = '"0x0"';
const trialBlob = 'doctor/write-trial';

/**
 * Tries a write that cannot succeed: it replaces a blob under an ETag that no blob has. Rights are judged before
 * conditions, so a refusal by the condition (or for want of the container) shows the right to write, and nothing was
 * written: no blob, no version, nothing to delete.
 */
export async function tryToWrite(client: ContainerClient, signal?: AbortSignal): Promise<WriteTrial> {
  try {
    await client.getBlockBlobClient(trialBlob).upload('', 0, {
      conditions: {ifMatch: impossibleEtag},
      abortSignal: requestSignal(requestTimeoutMs, signal),
    });
  } catch (error) {
    const fault = missingOrFault(error, signal);
    return fault.kind === 'missing' || fault.kind === 'refused' ? {kind: 'allowed'} : fault;
  }
  throw new Error('Storage wrote a blob under an ETag that it cannot have.');
}

function missingOrFault(error: unknown, signal: AbortSignal | undefined): StorageFault {
  if (error instanceof Error && 'code' in error && error.code === 'ContainerNotFound')
    return {kind: 'missing'};
  return storageFault(error, signal);
}
