import {createServer, type IncomingMessage, type Server, type ServerResponse} from 'node:http';
import {once} from 'node:events';

import {FaultPlan, type Fault, type FaultSpan} from './faults.ts';
import type {ColumnType} from './kql/cells.ts';
import {QueryEndpoint} from './query-endpoint.ts';
import type {LoggedQuery} from './query-log.ts';
import {parseObject, readBody} from './request-body.ts';
import {answerBytesMax, answerRowsMax} from './result-json.ts';
import {RowStore, type DiagnosticsInput} from './row-store.ts';
import {badRequest, errorBody, refusals, type ServiceError} from './service-errors.ts';

/** Rows kept, about 1 kB each; the oldest leave first. */
export const rowsKeptMaxDefault = 500_000;
/** The largest body of `POST /emulator/rows`. */
export const ingestBytesMax = 64 * 1024 * 1024;

export interface LogAnalyticsEmulatorOptions {
  /** 0 (the default) takes a free one. */
  readonly port?: number;
  /** Ms since the epoch: the service's clock, by which rows become visible. */
  readonly now?: () => number;
  /** Refuse queries without a bearer token; whose token it is does not matter. */
  readonly requireToken?: boolean;
  /** The only ids that exist; without it every id does. */
  readonly workspaces?: readonly string[];
  /** `missing`: no resource has sent diagnostics here yet, so that every query of the table is refused. Default `there`. */
  readonly table?: 'there' | 'missing';
  readonly answerRowsMax?: number;
  readonly answerBytesMax?: number;
  readonly rowsKeptMax?: number;
  /** Columns whose type differs in this workspace, as that of `DurationMs` does. */
  readonly columnTypes?: Readonly<Record<string, ColumnType>>;
}

/**
 * The query API of Log Analytics on loopback, over one in-memory `AzureDiagnostics`. For development and tests only: it
 * binds to 127.0.0.1, keeps nothing, and evaluates a subset of KQL.
 */
export class LogAnalyticsEmulator {
  readonly #server: Server;
  readonly #store: RowStore;
  readonly #faults = new FaultPlan();
  readonly #queries: QueryEndpoint;
  readonly #now: () => number;
  readonly #closing = new AbortController();
  #endpoint = '';

  private constructor(options: LogAnalyticsEmulatorOptions) {
    this.#now = options.now ?? Date.now;
    this.#store = new RowStore({
      rowsKeptMax: options.rowsKeptMax ?? rowsKeptMaxDefault,
      columnTypes: new Map(Object.entries(options.columnTypes ?? {})),
    });
    this.#queries = new QueryEndpoint({
      store: this.#store,
      faults: this.#faults,
      now: this.#now,
      authentication: options.requireToken === true ? 'required' : 'none',
      workspaces: options.workspaces === undefined ? undefined : new Set(options.workspaces),
      table: options.table ?? 'there',
      limits: {
        rowsMax: options.answerRowsMax ?? answerRowsMax,
        bytesMax: options.answerBytesMax ?? answerBytesMax,
      },
      closing: this.#closing.signal,
    });
    this.#server = createServer((request, response) => void this.#serve(request, response));
  }

  static async start(options: LogAnalyticsEmulatorOptions = {}): Promise<LogAnalyticsEmulator> {
    const emulator = new LogAnalyticsEmulator(options);
    emulator.#server.listen(options.port ?? 0, '127.0.0.1');
    await once(emulator.#server, 'listening');
    const address = emulator.#server.address();
    if (address === null || typeof address === 'string') throw new Error('the emulator listens on a port');
    emulator.#endpoint = `http://127.0.0.1:${address.port}`;
    return emulator;
  }

  /** `http://127.0.0.1:PORT`, without a path. */
  get endpoint(): string {
    return this.#endpoint;
  }

  /** The latest queries, oldest first; bounded. */
  get queries(): readonly LoggedQuery[] {
    return this.#queries.log.entries;
  }

  /** Rows held, visible or not. */
  get rowCount(): number {
    return this.#store.size;
  }

  /** Queries that met a fault so far, those still waiting included. */
  get faultsTaken(): number {
    return this.#faults.taken;
  }

  /** Stores rows; throws `TypeError` at the first that has no readable time, and keeps those before it. */
  ingest(rows: readonly DiagnosticsInput[]): void {
    const nowMs = this.#now();
    for (const row of rows) this.#store.add(row, nowMs);
  }

  /** Makes the next queries fail; several faults follow each other. */
  inject(fault: Fault, span: FaultSpan = {}): void {
    this.#faults.add(fault, {span, nowMs: this.#now()});
  }

  clearFaults(): void {
    this.#faults.clear();
  }

  /** Ends waiting answers and closes every connection. */
  async close(): Promise<void> {
    this.#closing.abort();
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const {pathname} = new URL(request.url ?? '/', 'http://127.0.0.1');
      const workspaceId = /^\/v1\/workspaces\/([^/]+)\/query$/.exec(pathname)?.[1];
      if (request.method === 'POST' && workspaceId !== undefined) {
        await this.#queries.serve({workspaceId: decodeURIComponent(workspaceId), request, response});
      } else if (request.method === 'POST' && pathname === '/emulator/rows') {
        await this.#ingestLines(request, response);
      } else refuse(response, refusals.pathNotFound);
    } catch (error) {
      // A client that went away needs no answer; anything else is a bug of the emulator and is shown to whoever asked.
      if (response.destroyed) return;
      if (response.headersSent) response.destroy();
      else refuse(response, {status: 500, code: 'EmulatorError', message: String(error)});
    }
  }

  /** One row of JSON a line; all of them or, if one cannot be read, none. */
  async #ingestLines(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(request, ingestBytesMax);
    if (body === undefined) {
      refuse(response, refusals.tooLarge);
      return;
    }
    const lines = body.split('\n').filter((line) => line.trim() !== '');
    const rows: Record<string, unknown>[] = [];
    for (const [index, line] of lines.entries()) {
      const row = parseObject(line);
      const reason = row === undefined ? 'it is no JSON object' : RowStore.unreadable(row);
      if (row === undefined || reason !== undefined) {
        refuse(response, badRequest(`row ${index + 1}: ${reason}`));
        return;
      }
      rows.push(row);
    }
    this.ingest(rows);
    response.writeHead(200, {'content-type': 'application/json'}).end(JSON.stringify({rows: rows.length}));
  }
}

function refuse(response: ServerResponse, error: ServiceError): void {
  response.writeHead(error.status, {
    'content-type': 'application/json',
    connection: 'close',
    ...error.headers,
  });
  response.end(errorBody(error));
}
