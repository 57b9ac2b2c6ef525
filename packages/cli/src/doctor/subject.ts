import {isIP} from 'node:net';
import type {Config, lazyIdentity, UsableConfig} from '@weir/worker';

/** What is examined, and what the examination has of the machine. */
export interface Subject {
  readonly usable: UsableConfig;
  readonly config: Config;
  /** The consumer group in which events are looked at; by default the worker's. */
  readonly lookingGroup: string;
  readonly identity: ReturnType<typeof lazyIdentity>;
  /** The local clock, ms since the epoch. */
  readonly now: () => number;
}

/** The first label of a service's host is the resource's name, as `az` wants it; of an address it is not known. */
export function resourceName(address: string): string {
  const host = address.replace(/:\d+$/, '');
  return isIP(host) === 0 && host.includes('.') ? host.split('.', 1)[0]! : '<name>';
}

/** Sections of the configuration that name a service. */
export type ServiceName = 'eventHubs' | 'storage' | 'cosmos' | 'logAnalytics';

/** Which services are reached with the Entra identity of the process. */
export function usesIdentity({
  eventHubs,
  storage,
  cosmos,
  logAnalytics,
}: Config): Readonly<Record<ServiceName, boolean>> {
  return {
    eventHubs: eventHubs.connectionString === undefined,
    storage: storage.connectionString === undefined,
    cosmos: cosmos.key === undefined,
    logAnalytics: logAnalytics.endpoint === undefined || logAnalytics.endpoint.startsWith('https:'),
  };
}
