import type {Container, CosmosClient} from '@azure/cosmos';
import {
  aggregatesDefinition,
  containerCommand,
  progressDefinition,
  type WeirContainer,
} from './container-definitions.ts';
import {describeFailure, writeFailure} from './cosmos-failure.ts';

/** An answer of the service to a question that changes nothing. */
export type CosmosLook<T> =
  | {readonly kind: 'found'; readonly value: T}
  | {readonly kind: 'missing'}
  /** 401: not a key of this account, or none is taken. */
  | {readonly kind: 'wrong credential'; readonly cause: string}
  /** 403: no role, or a firewall rule. */
  | {readonly kind: 'forbidden'; readonly cause: string}
  | {readonly kind: 'unavailable'; readonly cause: string};

export interface AccountLook {
  /** Regions that take writes; If-Match holds only with one. */
  readonly writeRegions: readonly string[];
  readonly consistency: string;
}

export async function lookAtAccount(client: CosmosClient): Promise<CosmosLook<AccountLook>> {
  return look(async () => {
    const {resource: account} = await client.getDatabaseAccount();
    if (account === undefined) return undefined;
    return {
      writeRegions: account.writableLocations.map(({name}) => name),
      consistency: account.consistencyPolicy,
    };
  });
}

/** A container as it is beside as it should be. */
export interface DefinedContainer {
  readonly name: string;
  readonly partitionKey: readonly string[];
  /** Undefined: no document expires. */
  readonly defaultTtl: number | undefined;
  /** Whether documents of this container carry a `ttl`. */
  readonly needsTtl: boolean;
  /** Paths that are indexed and need not be: each makes every write dearer. */
  readonly indexedInVain: readonly string[];
  /** Paths that reports filter on, and that are not indexed. */
  readonly notIndexed: readonly string[];
  readonly commands: {
    /** Makes it. */
    readonly create: string;
    /** Gives it the index that is meant. */
    readonly index: string;
    /** Lets documents expire. */
    readonly ttl: string;
  };
}

/** Both containers, in the order aggregates, progress. `create` is the command for one that is missing. */
export async function lookAtContainers(
  client: CosmosClient,
  {database, aggregates}: {database: string; aggregates: string},
): Promise<{readonly name: string; readonly create: string; readonly look: CosmosLook<DefinedContainer>}[]> {
  const definitions = [aggregatesDefinition(aggregates), progressDefinition('progress')];
  return Promise.all(
    definitions.map(async (definition) => ({
      name: definition.id,
      create: containerCommand(database, definition),
      look: await look(() => readDefined(client.database(database).container(definition.id), definition)),
    })),
  );
}

/** Whether documents may be written. */
export type ReplaceTrial = 'allowed' | Exclude<CosmosLook<never>, {kind: 'found' | 'missing'}>;

const trialDocument = {id: 'weir-doctor-write-trial', pk: 'weir-doctor-write-trial'};

/**
 * Tries a write that cannot succeed: it replaces a document that is not there, under an ETag that none has. Rights are
 * judged first, so a 404 or 412 shows the right to replace, and nothing was written.
 */
export async function tryToReplace(
  client: CosmosClient,
  {database, container}: {database: string; container: string},
): Promise<ReplaceTrial> {
  try {
    await client
      .database(database)
      .container(container)
      .item(trialDocument.id, trialDocument.pk)
      .replace(trialDocument, {accessCondition: {type: 'IfMatch', condition: '"0"'}});
  } catch (error) {
    const failure = describeFailure(error);
    if (writeFailure(failure, 'replace').kind === 'refused') return 'allowed';
    const answer = lookOf(failure);
    return answer.kind === 'missing' ? {kind: 'unavailable', cause: failure.cause} : answer;
  }
  throw new Error('Cosmos DB replaced a document that it cannot have.');
}

async function readDefined(
  container: Container,
  definition: WeirContainer,
): Promise<DefinedContainer | undefined> {
  const {resource} = await container.read();
  if (resource === undefined) return undefined;
  const policy = resource.indexingPolicy;
  const isOff = policy?.indexingMode === 'none';
  const indexed = isOff ? [] : pathsOf(policy?.includedPaths).filter((path) => path !== '/"_etag"/?');
  const wanted = pathsOf(definition.indexingPolicy?.includedPaths);
  const place = `--account-name <account> --resource-group <group> --database-name ${container.database.id} --name ${definition.id}`;
  const update = `az cosmosdb sql container update ${place}`;
  return {
    name: definition.id,
    partitionKey: resource.partitionKey?.paths ?? [],
    defaultTtl: resource.defaultTtl ?? undefined,
    needsTtl: definition.defaultTtl !== undefined,
    indexedInVain: indexed.filter((path) => !wanted.includes(path)),
    notIndexed: indexed.includes('/*') ? [] : wanted.filter((path) => !indexed.includes(path)),
    commands: {
      create: containerCommand(container.database.id, definition),
      index: `${update} --idx '${JSON.stringify(definition.indexingPolicy)}'`,
      ttl: `${update} --ttl -1`,
    },
  };
}

function pathsOf(paths: readonly {readonly path?: string}[] | undefined): string[] {
  return (paths ?? []).flatMap(({path}) => path ?? []);
}

async function look<T>(question: () => Promise<T | undefined>): Promise<CosmosLook<T>> {
  try {
    const value = await question();
    return value === undefined ? {kind: 'missing'} : {kind: 'found', value};
  } catch (error) {
    return lookOf(describeFailure(error));
  }
}

function lookOf({
  status,
  cause,
}: {
  status: number | undefined;
  cause: string;
}): Exclude<CosmosLook<never>, {kind: 'found'}> {
  switch (status) {
    case 404:
      return {kind: 'missing'};
    case 401:
      return {kind: 'wrong credential', cause};
    case 403:
      return {kind: 'forbidden', cause};
    case undefined:
    default:
      return {kind: 'unavailable', cause};
  }
}
