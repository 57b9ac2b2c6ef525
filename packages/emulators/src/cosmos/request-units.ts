import type {JsonObject} from './partition-key.ts';

/**
 * A model of what the service charges, fitted to its published figures (a 1 KB point read is 1 RU, a 1 KB insert
 * without indexes about 5 RU, a replace twice an insert): https://learn.microsoft.com/azure/cosmos-db/request-units.
 * What an indexed property adds is a guess. Sizes are bytes of the JSON text.
 */
const insertBase = 5.05;
const insertPerKiB = 0.447;
const perIndexedProperty = 0.2;
const readBase = 0.907;
const readPerKiB = 0.0933;
const queryBase = 2.3;

export function insertCharge(sizeBytes: number, indexedProperties: number): number {
  return cents(insertBase + (insertPerKiB * sizeBytes) / 1024 + perIndexedProperty * indexedProperties);
}

export function replaceCharge(sizeBytes: number, indexedProperties: number): number {
  return cents(2 * insertCharge(sizeBytes, indexedProperties));
}

export function readCharge(sizeBytes: number): number {
  return cents(readBase + (readPerKiB * sizeBytes) / 1024);
}

/** Grows with the documents loaded, returned or not. */
export function queryCharge(loadedBytes: number, loadedDocuments: number): number {
  return cents(queryBase + readBase * loadedDocuments + (readPerKiB * loadedBytes) / 1024);
}

export interface IndexingPolicy {
  readonly includedPaths?: readonly {readonly path: string}[];
  readonly excludedPaths?: readonly {readonly path: string}[];
}

/** How many top-level properties the policy indexes; the more specific path decides, as in the service. */
export function indexedProperties(document: JsonObject, policy: IndexingPolicy): number {
  const included = new Set(policy.includedPaths?.map(({path}) => path) ?? ['/*']);
  const excluded = new Set(policy.excludedPaths?.map(({path}) => path) ?? []);
  const named = (paths: ReadonlySet<string>, name: string): boolean =>
    [`/${name}/?`, `/${name}/*`, `/"${name}"/?`, `/"${name}"/*`].some((path) => paths.has(path));
  const isIndexed = (name: string): boolean =>
    named(included, name) || (included.has('/*') && !named(excluded, name) && !excluded.has('/*'));
  return Object.keys(document).filter(isIndexed).length;
}

/** Charges against a rate; a request may start while there is no debt, so at most one second's worth is saved up. */
export class RequestUnitBudget {
  readonly #perSecond: number;
  readonly #now: () => number;
  #balance: number;
  #balanceAtMs: number;

  constructor({perSecond, now}: {perSecond: number; now: () => number}) {
    this.#perSecond = perSecond;
    this.#now = now;
    this.#balance = perSecond;
    this.#balanceAtMs = now();
  }

  /** Milliseconds until the debt is paid off; 0 when a request may start. */
  waitMs(): number {
    const now = this.#now();
    const earned = (Math.max(0, now - this.#balanceAtMs) * this.#perSecond) / 1000;
    this.#balance = Math.min(this.#perSecond, this.#balance + earned);
    this.#balanceAtMs = now;
    return this.#balance >= 0 ? 0 : (-this.#balance * 1000) / this.#perSecond;
  }

  spend(requestUnits: number): void {
    this.#balance -= requestUnits;
  }
}

function cents(value: number): number {
  return Math.round(value * 100) / 100;
}
