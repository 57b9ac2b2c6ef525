import {CosmosClient, type Container} from '@azure/cosmos';
import {CosmosEmulator, type CosmosEmulatorOptions} from './emulator.ts';

export interface Fixture extends AsyncDisposable {
  readonly emulator: CosmosEmulator;
  readonly client: CosmosClient;
  /** `weir/aggregates`, partition key `/pk`, TTL on. */
  readonly container: Container;
}

/** An emulator with one container, and the unchanged SDK connected to it, its own retries off. */
export async function startFixture(options: CosmosEmulatorOptions = {}): Promise<Fixture> {
  const emulator = await CosmosEmulator.start(options);
  const client = connect(emulator);
  const {database} = await client.databases.createIfNotExists({id: 'weir'});
  const definition = {id: 'aggregates', partitionKey: {paths: ['/pk']}, defaultTtl: -1};
  const {container} = await database.containers.createIfNotExists(definition);
  const close = async (): Promise<void> => {
    client.dispose();
    await emulator.close();
  };
  return {emulator, client, container, [Symbol.asyncDispose]: close};
}

export function connect(emulator: CosmosEmulator, key = emulator.key): CosmosClient {
  const retryOptions = {maxRetryAttemptCount: 0};
  return new CosmosClient({endpoint: emulator.endpoint, key, connectionPolicy: {retryOptions}});
}
