import type {Ownership} from './ownership.ts';
import type {SimulatedBlobs} from './simulated-blobs.ts';

/** Workers that share a storage container, and with it journals, dead letters and the ownership list. */
export interface Deployment {
  readonly name: 'first' | 'second';
  readonly blobs: SimulatedBlobs;
  readonly ownership: Ownership;
}
