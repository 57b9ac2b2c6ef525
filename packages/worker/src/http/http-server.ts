import {once} from 'node:events';
import {createServer, type IncomingMessage, type Server} from 'node:http';
import type {Logger} from 'pino';
import {ConfigurationError} from '../config/configuration-error.ts';
import {describeError} from '../log.ts';
import type {Metrics} from '../metrics.ts';
import {json, send, sentence, type Answer} from './answer.ts';
import {loadPages} from './pages.ts';
import type {StatusSource} from './status-source.ts';

/** Probes, a scraper and some browsers: more connections than this are refused. */
const connectionsMax = 100;
const headerBytesMax = 8_192;
/** A client has this long for its whole request, which has no body. */
const requestMs = 5_000;
const keepAliveMs = 5_000;

export interface HttpServer {
  /** The port it listens on, also where 0 was asked for. */
  readonly port: number;
  readonly url: string;
  /** Ends every connection at once; an answer takes milliseconds, and a probe asks again. */
  close(): Promise<void>;
}

export interface HttpServerOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly status: StatusSource;
  readonly metrics: Pick<Metrics, 'registry'>;
  readonly log: Logger;
}

/**
 * Health, metrics and the status page: `/health/live`, `/health/ready`, `/metrics`, `/`, `/api/status`,
 * `/api/regions`. Read only. Throws `ConfigurationError` when it cannot listen there.
 */
export async function startHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const {host, log} = options;
  const routes = await routesOf(options);
  const server = createServer({
    maxHeaderSize: headerBytesMax,
    headersTimeout: requestMs,
    requestTimeout: requestMs,
    keepAliveTimeout: keepAliveMs,
    connectionsCheckingInterval: 1_000,
  });
  server.maxConnections = connectionsMax;
  server.on('request', (request, response) => {
    // `answerTo` turns its own errors into answers; a socket that went away is nobody's trouble.
    void answerTo(request, {routes, log}).then((answer) => send(response, answer));
  });
  refuseBrokenRequests(server);
  const port = await listen(server, options);
  return {
    port,
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}/`,
    close: () => close(server),
  };
}

type Routes = ReadonlyMap<string, () => Answer | Promise<Answer>>;

async function routesOf({status, metrics}: HttpServerOptions): Promise<Routes> {
  const routes = new Map<string, () => Answer | Promise<Answer>>([
    [
      '/health/live',
      () => {
        const {live, sentence: text} = status.health();
        return live ? sentence(200, 'Live.') : sentence(503, text);
      },
    ],
    [
      '/health/ready',
      () => {
        const {ready, live, sentence: text} = status.health();
        return sentence(ready && live ? 200 : 503, text);
      },
    ],
    [
      '/metrics',
      async () => ({status: 200, type: metrics.registry.contentType, body: await metrics.registry.metrics()}),
    ],
    ['/api/status', () => json({...status.status(), health: status.health()})],
    ['/api/regions', () => json(status.regions())],
  ]);
  for (const [path, page] of await loadPages()) routes.set(path, () => page);
  return routes;
}

async function answerTo(
  request: IncomingMessage,
  {routes, log}: {routes: Routes; log: Logger},
): Promise<Answer> {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return sentence(405, 'Only GET and HEAD are answered here.', {Allow: 'GET, HEAD', Connection: 'close'});
  }
  if (hasBody(request)) return sentence(413, 'A request here has no body.', {Connection: 'close'});
  const [path = '/'] = (request.url ?? '/').split('?', 1);
  const route = routes.get(path);
  if (route === undefined) return sentence(404, 'There is no such page here; the status page is at /.');
  try {
    return await route();
  } catch (error) {
    log.error({error, path}, 'A page of the status server failed.');
    return sentence(500, 'This page failed; the log says why.');
  }
}

function hasBody({headers}: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/** Requests that are no HTTP, or too large or slow, get a bare status line and the end of their connection. */
function refuseBrokenRequests(server: Server): void {
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (error.code === 'ECONNRESET' || !socket.writable) {
      socket.destroy();
      return;
    }
    const tooLarge = error.code === 'HPE_HEADER_OVERFLOW';
    socket.end(
      `HTTP/1.1 ${tooLarge ? '431 Request Header Fields Too Large' : '400 Bad Request'}\r\nConnection: close\r\n\r\n`,
    );
  });
}

async function listen(server: Server, {host, port}: {host: string; port: number}): Promise<number> {
  server.listen({host, port});
  try {
    // Rejects with the server's error if that comes first.
    await once(server, 'listening');
  } catch (error) {
    throw new ConfigurationError([whyNotListening(error, {host, port})], {cause: error});
  }
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server listens on no port.');
  return address.port;
}

function whyNotListening(error: unknown, {host, port}: {host: string; port: number}): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE') {
    return `WEIR_HTTP_PORT: port ${port} on ${host} is in use by another program; choose another one, for example ${port === 65_535 ? 8080 : port + 1}, or 0 for a free one.`;
  }
  if (code === 'EACCES') {
    return `WEIR_HTTP_PORT: port ${port} is reserved for privileged programs; choose one above 1023, for example 8080.`;
  }
  return `WEIR_HTTP_HOST: ${JSON.stringify(host)} is no address of this machine (${describeError(error)}), for example 127.0.0.1.`;
}

async function close(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}
