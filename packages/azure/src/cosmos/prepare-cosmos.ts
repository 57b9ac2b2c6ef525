import type {CosmosClient, Database} from '@azure/cosmos';
import {
  aggregatesDefinition,
  containerCommand,
  progressDefinition,
  type WeirContainer,
} from './container-definitions.ts';
import {describeFailure} from './cosmos-failure.ts';

export interface PrepareCosmosOptions {
  readonly client: CosmosClient;
  readonly database: string;
  /** Default `aggregates`. */
  readonly aggregates?: string;
  /** Default `progress`. */
  readonly progress?: string;
}

export type CosmosPreparation =
  /** `created` names what was not there before; `warnings` are sentences for the operator. */
  | {readonly kind: 'ready'; readonly created: readonly string[]; readonly warnings: readonly string[]}
  /** Not now: no connection, throttled, 5xx. The caller waits and asks again. */
  | {readonly kind: 'unavailable'; readonly cause: string}
  /** Not until somebody acts; `reason` says which setting, role or command. */
  | {readonly kind: 'refused'; readonly reason: string};

/** A step that did not succeed, on its way to `prepareCosmos`. */
class PreparationStopped extends Error {
  readonly outcome: CosmosPreparation;

  constructor(outcome: CosmosPreparation) {
    super(outcome.kind);
    this.outcome = outcome;
  }
}

/**
 * Makes the database and both containers where they are missing and rights allow. Refuses an account with several write
 * regions, where If-Match does not hold, and a container with another partition key. Never changes what exists.
 */
export async function prepareCosmos(options: PrepareCosmosOptions): Promise<CosmosPreparation> {
  const {client, database, aggregates = 'aggregates', progress = 'progress'} = options;
  const created: string[] = [];
  const warnings: string[] = [];
  try {
    await checkAccount(client);
    const owner = client.database(database);
    if ((await ensureDatabase(client, database)) === 'created') created.push(database);
    for (const definition of [aggregatesDefinition(aggregates), progressDefinition(progress)]) {
      const ensured = await ensureContainer(owner, definition);
      if (ensured.kind === 'created') created.push(`${database}/${definition.id}`);
      warnings.push(...ensured.warnings);
    }
    return {kind: 'ready', created, warnings};
  } catch (error) {
    if (error instanceof PreparationStopped) return error.outcome;
    throw error;
  }
}

async function checkAccount(client: CosmosClient): Promise<void> {
  const answer = await attempt({whatFor: 'read the account'}, () => client.getDatabaseAccount());
  const account = answer.kind === 'done' ? answer.value.resource : undefined;
  if (account === undefined) {
    throw new PreparationStopped({kind: 'refused', reason: 'COSMOS_ENDPOINT is not a Cosmos DB account.'});
  }
  if (account.enableMultipleWritableLocations || account.writableLocations.length > 1) {
    throw new PreparationStopped({
      kind: 'refused',
      reason:
        'The Cosmos DB account has several write regions, where two writers can both succeed under one ETag. Use an ' +
        'account with one, or change it: az cosmosdb update --name <account> --resource-group <group> ' +
        '--enable-multiple-write-locations false',
    });
  }
}

async function ensureDatabase(client: CosmosClient, id: string): Promise<'found' | 'created'> {
  const found = await attempt({whatFor: `read the database ${id}`}, () => client.database(id).read());
  if (found.kind !== 'missing') return 'found';
  const command = `az cosmosdb sql database create --account-name <account> --resource-group <group> --name ${id}`;
  const made = await attempt({whatFor: `create the database ${id}`, command}, () =>
    client.databases.create({id}),
  );
  return made.kind === 'done' ? 'created' : 'found';
}

async function ensureContainer(
  database: Database,
  definition: WeirContainer,
): Promise<{kind: 'found' | 'created'; warnings: readonly string[]}> {
  const {id} = definition;
  const read = () => attempt({whatFor: `read the container ${id}`}, () => database.container(id).read());
  let found = await read();
  if (found.kind === 'missing') {
    const command = containerCommand(database.id, definition);
    const made = await attempt({whatFor: `create the container ${id}`, command}, () =>
      database.containers.create(definition),
    );
    if (made.kind === 'done') return {kind: 'created', warnings: []};
    // Another worker was faster.
    found = await read();
  }
  const existing = found.kind === 'done' ? found.value.resource : undefined;
  if (existing === undefined) {
    throw new PreparationStopped({kind: 'unavailable', cause: `the container ${id} comes and goes`});
  }
  const paths = existing.partitionKey?.paths ?? [];
  if (paths.length !== 1 || paths[0] !== '/pk') {
    throw new PreparationStopped({
      kind: 'refused',
      reason:
        `The container ${id} has the partition key ${paths.join(', ')}; it must be /pk and cannot be changed. ` +
        `Name another container, or delete it and run: ${containerCommand(database.id, definition)}`,
    });
  }
  if (definition.defaultTtl === undefined || existing.defaultTtl != null)
    return {kind: 'found', warnings: []};
  const warning =
    `The container ${id} has no default TTL, so documents are kept for ever whatever their retention. ` +
    `Run: az cosmosdb sql container update --account-name <account> --resource-group <group> ` +
    `--database-name ${database.id} --name ${id} --ttl -1`;
  return {kind: 'found', warnings: [warning]};
}

type Attempt<T> = {readonly kind: 'done'; readonly value: T} | {readonly kind: 'missing' | 'exists'};

/** A 404 or 409 is an answer; everything else that fails stops the preparation. `command` makes what is missing. */
async function attempt<T>(
  {whatFor, command}: {whatFor: string; command?: string},
  request: () => Promise<T>,
): Promise<Attempt<T>> {
  try {
    return {kind: 'done', value: await request()};
  } catch (error) {
    const {status, cause} = describeFailure(error);
    const answered = `Cosmos DB answered ${cause} to the attempt to ${whatFor}`;
    switch (status) {
      case 404:
        return {kind: 'missing'};
      case 409:
        return {kind: 'exists'};
      case 400:
        throw new PreparationStopped({kind: 'refused', reason: `${answered}.`});
      case 401:
        throw new PreparationStopped({kind: 'refused', reason: `${answered}. ${badCredential}`});
      case 403:
        throw new PreparationStopped({
          kind: 'refused',
          reason: `${answered}. ${command === undefined ? missingRole : `${notByDataPlane} ${command}`}`,
        });
      case undefined:
      default:
        throw new PreparationStopped({kind: 'unavailable', cause});
    }
  }
}

const badCredential =
  'COSMOS_KEY is not a key of this account, or the account takes no keys (disableLocalAuth); then leave COSMOS_KEY out to use Entra identity.';

/** The id is that of the built-in role "Cosmos DB Built-in Data Contributor". */
const missingRole =
  'The identity lacks the role "Cosmos DB Built-in Data Contributor", or a firewall rule keeps it out. Run: ' +
  'az cosmosdb sql role assignment create --account-name <account> --resource-group <group> --scope / ' +
  '--principal-id <object id> --role-definition-id 00000000-0000-0000-0000-000000000002';

const notByDataPlane =
  'Databases and containers cannot be made with Entra identity or a restricted key. Run once:';
