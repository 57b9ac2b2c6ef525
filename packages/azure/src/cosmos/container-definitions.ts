import type {ContainerRequest} from '@azure/cosmos';

/** A container of Weir's; its `id` is always set. */
export type WeirContainer = ContainerRequest & {readonly id: string};

/** What Power BI and reports filter on; everything else would only make each write dearer. */
const indexedFields = [
  'view',
  'grain',
  'windowStart',
  'date',
  'region',
  'deployment',
  'model',
  'consumer',
  'product',
] as const;

/** Documents carry their own `ttl`; -1 switches expiry on without giving one to those that have none. */
export function aggregatesDefinition(id: string): WeirContainer {
  return {
    id,
    partitionKey: {paths: ['/pk']},
    defaultTtl: -1,
    indexingPolicy: {
      indexingMode: 'consistent',
      automatic: true,
      includedPaths: indexedFields.map((field) => ({path: `/${field}/?`})),
      // The two state strings are long: named, so that they stay out even if somebody includes the rest.
      excludedPaths: ['/*', '/stateSketch/?', '/stateApplied/?'].map((path) => ({path})),
    },
  };
}

/** One document per source partition, always read by its key. */
export function progressDefinition(id: string): WeirContainer {
  return {
    id,
    partitionKey: {paths: ['/pk']},
    indexingPolicy: {
      indexingMode: 'consistent',
      automatic: true,
      includedPaths: [],
      excludedPaths: [{path: '/*'}],
    },
  };
}

/** The command for somebody who has the rights; `<account>` and `<group>` are for them to fill in. */
export function containerCommand(database: string, definition: WeirContainer): string {
  const {id, defaultTtl, indexingPolicy} = definition;
  const ttl = defaultTtl === undefined ? '' : ` --ttl ${defaultTtl}`;
  return (
    `az cosmosdb sql container create --account-name <account> --resource-group <group> ` +
    `--database-name ${database} --name ${id} --partition-key-path /pk${ttl} --idx '${JSON.stringify(indexingPolicy)}'`
  );
}
