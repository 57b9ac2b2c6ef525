import {hash} from 'node:crypto';

import {isAbsent} from './fields.ts';
import type {MissingFields} from './missing-fields.ts';

/**
 * The consumer of gateways that write the caller's key into their events: SHA-256 of the key as it stands there, in hex.
 * The key itself goes no further. Not cached, because a cache would keep keys in memory. Undefined when there is none.
 */
export function consumerOfKey(key: unknown, missing: MissingFields): string | undefined {
  if (isAbsent(key)) return undefined;
  if (typeof key === 'string') return hash('sha256', key, 'hex');
  missing.add('consumer');
  return undefined;
}
