import type {Position, SourcePartition} from '@weir/pipeline';
import type {ClaimedStart} from './ownership-store.ts';
import type {SourceSettings} from './source-settings.ts';

/** What a claim read, kept from `listCheckpoints` to `processInitialize` of the same partition. */
export interface Claim {
  readonly partitionId: string;
  readonly prelude: unknown;
  readonly start: Position | undefined;
  readonly startedAt: Position | undefined;
}

export interface ClaimStartsOptions {
  readonly settings: SourceSettings;
  /** Fires when the subscription closes. */
  readonly closing: AbortSignal;
  partition(partitionId: string): SourcePartition;
  /** The position after the last event now, from a connection of its own. */
  endOfLog(partitionId: string, signal: AbortSignal): Promise<Position>;
}

/** Before the first event of the retained log; Event Hubs' own token. */
const firstPosition: Position = {sequenceNumber: -1, offset: '-1'};

/** Carries which claim failed through the SDK, which reports it without a partition. */
export class ClaimFailedError extends Error {
  override readonly name = 'ClaimFailedError';
  readonly partitionId: string;

  constructor(partitionId: string, cause: unknown) {
    super(`Partition ${partitionId} was claimed but could not be started.`, {cause});
    this.partitionId = partitionId;
  }
}

/** Finds where a claimed partition begins. Claims run one after another, so at most one waits to be taken. */
export class ClaimStarts {
  readonly #options: ClaimStartsOptions;
  #claim: Claim | undefined;

  constructor(options: ClaimStartsOptions) {
    this.#options = options;
  }

  /**
   * Reads fence and journal (`beforeClaim`) and, for a first start at the latest position, the end of the log. Renewals
   * wait meanwhile, hence the limit of a quarter of the ownership expiry. @throws ClaimFailedError
   */
  async startOf(partitionId: string): Promise<ClaimedStart> {
    const {settings, closing} = this.#options;
    const limit = AbortSignal.timeout(Math.ceil(settings.ownershipExpiryMs / 4));
    const signal = AbortSignal.any([closing, limit]);
    try {
      const claim = await orAborted(this.#read(partitionId, signal), signal);
      this.#claim = claim;
      return {start: claim.start};
    } catch (error) {
      throw new ClaimFailedError(partitionId, error);
    }
  }

  /** The claim that was just read, if it is this partition's. */
  take(partitionId: string): Claim | undefined {
    const claim = this.#claim;
    this.#claim = undefined;
    return claim?.partitionId === partitionId ? claim : undefined;
  }

  async #read(partitionId: string, signal: AbortSignal): Promise<Claim> {
    const {settings} = this.#options;
    const {start, prelude} = await settings.beforeClaim(this.#options.partition(partitionId), signal);
    if (start !== undefined) return {partitionId, prelude, start, startedAt: undefined};
    switch (settings.startPosition) {
      case 'earliest':
        return {partitionId, prelude, start: firstPosition, startedAt: undefined};
      case 'latest': {
        const end = await this.#options.endOfLog(partitionId, signal);
        return {partitionId, prelude, start: end, startedAt: end};
      }
      default:
        return {partitionId, prelude, start: undefined, startedAt: undefined};
    }
  }
}

/** The work's outcome, or a rejection as soon as the signal fires, whether or not the work heeds it. */
async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const {promise: aborted, reject} = Promise.withResolvers<never>();
  const onAbort = (): void =>
    reject(new Error('Reading fence and journal took too long, or the source is closing.'));
  signal.addEventListener('abort', onAbort, {once: true});
  if (signal.aborted) onAbort();
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
