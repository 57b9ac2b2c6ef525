import {createServer, type IncomingMessage, type Server, type ServerResponse} from 'node:http';
import {setTimeout as delay} from 'node:timers/promises';
import {Account} from './account.ts';
import {refusal, send, type Answer} from './answer.ts';
import {documentRequest, idsOf, staleReadRequest} from './document-requests.ts';
import {admit, type Exchange} from './exchange.ts';
import {FaultPlan, throwFault, type CosmosFault, type InjectedFault} from './faults.ts';
import {humanView} from './human-view.ts';
import {containerRequest, databaseRequest, rangesRequest, readAccount} from './metadata-requests.ts';
import type {JsonObject} from './partition-key.ts';
import {RequestLog, type LoggedRequest} from './request-log.ts';
import {RequestUnitBudget} from './request-units.ts';
import {throttled} from './service-error.ts';
import {emulatorKey} from './signature.ts';

/** Far above any client's, so that the server never closes a kept connection under a request. */
const keepAliveMs = 10 * 60 * 1000;
/** 20 GB: https://learn.microsoft.com/azure/cosmos-db/concepts-limits#provisioned-throughput */
const partitionBytesDefault = 20 * 1024 ** 3;

export interface CosmosEmulatorOptions {
  /** 0 (the default) takes a free one. */
  readonly port?: number;
  /** Base64; by default the key that Microsoft's emulator publishes. */
  readonly key?: string;
  /** Budget of the account; unlimited when absent. */
  readonly requestUnitsPerSecond?: number;
  /** Bytes of JSON in one logical partition; 20 GB as in the service. */
  readonly partitionBytesMax?: number;
  /** More than one makes it an account with several write regions. */
  readonly writeRegions?: readonly string[];
  /** Milliseconds since the epoch; TTL and budget go by it. */
  readonly now?: () => number;
}

/**
 * The part of Cosmos DB that Weir uses, in memory, over http on 127.0.0.1. For development and tests: the unchanged
 * SDK connects to it with `endpoint` and `key`. One physical partition, so cross-partition queries are answered whole.
 */
export class CosmosEmulator {
  readonly key: string;
  readonly #server: Server;
  readonly #account: Account;
  readonly #budget: RequestUnitBudget | undefined;
  readonly #faults: FaultPlan;
  readonly #log = new RequestLog();
  readonly #writeRegions: readonly string[];
  readonly #now: () => number;
  readonly #closing = new AbortController();
  #pending = 0;

  private constructor(options: CosmosEmulatorOptions) {
    const now = options.now ?? Date.now;
    const perSecond = options.requestUnitsPerSecond;
    this.key = options.key ?? emulatorKey;
    this.#now = now;
    this.#writeRegions = options.writeRegions ?? ['Loopback'];
    this.#account = new Account({now, partitionBytesMax: options.partitionBytesMax ?? partitionBytesDefault});
    this.#budget = perSecond === undefined ? undefined : new RequestUnitBudget({perSecond, now});
    this.#faults = new FaultPlan(now);
    this.#server = createServer((request, response) => void this.#serve(request, response));
    this.#server.keepAliveTimeout = keepAliveMs;
  }

  /** Listens on 127.0.0.1; rejects when the port is taken. */
  static async start(options: CosmosEmulatorOptions = {}): Promise<CosmosEmulator> {
    const emulator = new CosmosEmulator(options);
    await new Promise<void>((resolve, reject) => {
      emulator.#server.once('error', reject).listen(options.port ?? 0, '127.0.0.1', resolve);
    });
    return emulator;
  }

  /** `http://127.0.0.1:port`, without a path. */
  get endpoint(): string {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('The Cosmos DB emulator is closed.');
    return `http://127.0.0.1:${address.port}`;
  }

  /** The last requests, oldest first; at most 10,000. */
  get requests(): readonly LoggedRequest[] {
    return this.#log.entries;
  }

  /** Requests that have come and are not answered yet. */
  get pendingRequests(): number {
    return this.#pending;
  }

  clearRequests(): void {
    this.#log.clear();
  }

  /** Copies of the live documents, system properties included; empty where there is no such container. */
  documents(database: string, container: string): readonly JsonObject[] {
    const found = this.#account.databases.find(({id}) => id === database)?.containers.get(container);
    return found?.list().map(({body}) => structuredClone(body)) ?? [];
  }

  /** Upserts past all faults and budgets; makes the database and the container (`/pk`, TTL on) where needed. */
  put({database, container, document}: {database: string; container: string; document: JsonObject}): {
    etag: string;
  } {
    const databases = this.#account.databases;
    const owner = databases.find(({id}) => id === database) ?? this.#account.createDatabase(database);
    const definition = {id: container, partitionKey: {paths: ['/pk']}, defaultTtl: -1};
    const target = owner.containers.get(container) ?? this.#account.createContainer(database, definition);
    const copy = structuredClone(document);
    const {stored} = target.write({mode: 'upsert', partition: undefined, document: copy, condition: {}});
    return {etag: stored.etag};
  }

  injectFault(fault: CosmosFault): InjectedFault {
    return this.#faults.inject(fault);
  }

  clearFaults(): void {
    this.#faults.clear();
  }

  /** Ends all connections, also those with a request under way. */
  async close(): Promise<void> {
    this.#closing.abort();
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let exchange: Exchange | undefined;
    this.#pending += 1;
    try {
      const host = request.headers.host ?? '';
      const url = new URL(request.url ?? '/', 'http://127.0.0.1');
      if (request.method === 'GET' && url.pathname.startsWith('/emulator/')) {
        send(response, humanView(this.#account, {url, host}), {space: 2});
        return;
      }
      exchange = await admit(request, {url, key: this.key});
      const fault = this.#faults.take({operation: exchange.operation, ids: idsOf(exchange.document)});
      if (fault?.kind === 'latency') await delay(fault.ms, undefined, {signal: this.#closing.signal});
      if (fault?.kind === 'reset') {
        this.#record(exchange, {status: 0, requestUnits: 0, delivery: 'lost'});
        request.socket.resetAndDestroy();
        return;
      }
      const answer = this.#carryOut(exchange, fault);
      const isLost = fault?.kind === 'answerLost';
      const {status, requestUnits} = answer;
      this.#record(exchange, {status, requestUnits, delivery: isLost ? 'lost' : 'answered'});
      if (isLost) request.socket.resetAndDestroy();
      else send(response, this.#withSession(exchange, answer));
    } catch (error) {
      if (this.#closing.signal.aborted || (request.destroyed && !request.complete)) {
        response.destroy();
        return;
      }
      const answer = refusal(error);
      const {status, requestUnits} = answer;
      if (exchange?.target.kind === 'docs') this.#budget?.spend(requestUnits);
      this.#record(exchange, {status, requestUnits, delivery: 'answered'});
      send(response, answer);
    } finally {
      this.#pending -= 1;
    }
  }

  #carryOut(exchange: Exchange, fault: CosmosFault | undefined): Answer {
    const {target, method, document} = exchange;
    if (fault !== undefined) throwFault(fault);
    switch (target.kind) {
      case 'account':
        return readAccount({host: exchange.host, writeRegions: this.#writeRegions});
      case 'dbs':
        return databaseRequest(this.#account, {method, target, body: document.body});
      case 'colls':
        return containerRequest(this.#account, {method, target, body: document.body});
      case 'pkranges':
        return rangesRequest(this.#account, target);
      case 'docs': {
        const container = this.#account.owner(target);
        const waitMs = this.#budget?.waitMs() ?? 0;
        if (waitMs > 0) throw throttled(waitMs);
        const isStale = fault?.kind === 'staleRead' && exchange.operation === 'read';
        const answer = isStale ? staleReadRequest(container, document) : documentRequest(container, document);
        this.#budget?.spend(answer.requestUnits);
        return answer;
      }
    }
  }

  #withSession({target}: Exchange, answer: Answer): Answer {
    if (target.kind !== 'docs') return answer;
    const {sessionToken, rid} = this.#account.owner(target);
    const headers = {
      ...answer.headers,
      'x-ms-session-token': sessionToken,
      'x-ms-alt-content-path': `dbs/${target.database}/colls/${target.container}`,
      'x-ms-content-path': rid,
    };
    return {...answer, headers};
  }

  #record(
    exchange: Exchange | undefined,
    outcome: {status: number; requestUnits: number; delivery: 'answered' | 'lost'},
  ): void {
    this.#log.add({
      atMs: this.#now(),
      operation: exchange?.operation,
      container: exchange?.target.container,
      id: exchange === undefined ? '' : idsOf(exchange.document).join(','),
      ...outcome,
    });
  }
}
