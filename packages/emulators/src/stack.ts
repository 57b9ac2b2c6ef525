import {startAzurite, type Azurite} from './azurite/azurite.ts';
import {CosmosEmulator} from './cosmos/emulator.ts';
import {EventHubsEmulator} from './event-hubs/event-hubs-emulator.ts';
import {LogAnalyticsEmulator} from './log-analytics/log-analytics-emulator.ts';

/** The ports that developers know from the services' own emulators; Log Analytics has none, so it gets one beside them. */
export const usualPorts = {eventHubs: 5672, blob: 10_000, cosmos: 8081, logAnalytics: 8082} as const;

export interface StackOptions {
  readonly hub: string;
  readonly partitionCount: number;
  /** `usual` ports where they are free, or free ones. Default `free`. */
  readonly ports?: 'usual' | 'free';
}

/** Everything that Weir talks to, on 127.0.0.1, in this process. For development only: keeps nothing, its keys are public. */
export interface Stack {
  readonly eventHubs: EventHubsEmulator;
  readonly blob: Azurite;
  readonly cosmos: CosmosEmulator;
  readonly logAnalytics: LogAnalyticsEmulator;
  /** What a worker needs in its environment to use the stack. */
  readonly variables: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

export async function startStack({hub, partitionCount, ports = 'free'}: StackOptions): Promise<Stack> {
  const started: {close(): Promise<void>}[] = [];
  const start = async <T extends {close(): Promise<void>}>(
    usual: number,
    begin: (port: number) => Promise<T>,
  ): Promise<T> => {
    const service =
      ports === 'usual'
        ? await begin(usual).catch((error: unknown) => freeIfTaken(error, begin))
        : await begin(0);
    started.push(service);
    return service;
  };
  const close = async (): Promise<void> => {
    await Promise.all(started.map((service) => service.close()));
  };
  try {
    const eventHubs = await start(usualPorts.eventHubs, (port) =>
      EventHubsEmulator.start({port, hubs: [{name: hub, partitionCount}]}),
    );
    const blob = await start(usualPorts.blob, (port) => startAzurite({port}));
    const cosmos = await start(usualPorts.cosmos, (port) => CosmosEmulator.start({port}));
    const logAnalytics = await start(usualPorts.logAnalytics, (port) => LogAnalyticsEmulator.start({port}));
    const variables = {
      EVENT_HUBS_CONNECTION_STRING: eventHubs.connectionString,
      EVENT_HUB_NAME: hub,
      STORAGE_CONNECTION_STRING: blob.connectionString,
      LOG_ANALYTICS_WORKSPACE_ID: '00000000-0000-4000-8000-000000000000',
      LOG_ANALYTICS_ENDPOINT: logAnalytics.endpoint,
      COSMOS_ENDPOINT: cosmos.endpoint,
      COSMOS_KEY: cosmos.key,
    };
    return {eventHubs, blob, cosmos, logAnalytics, variables, close};
  } catch (error) {
    await close();
    throw error;
  }
}

/** A port that is taken is replaced by a free one: somebody may run a second stack, or the official emulators. */
function freeIfTaken<T>(error: unknown, begin: (port: number) => Promise<T>): Promise<T> {
  if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') return begin(0);
  throw error;
}
