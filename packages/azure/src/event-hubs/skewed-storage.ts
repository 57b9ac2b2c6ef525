import {createServer, request, type IncomingHttpHeaders, type Server} from 'node:http';
import {buffer} from 'node:stream/consumers';
import {listenOnLoopback} from './loopback-port.ts';

/** For tests: a storage account as it looks to a machine whose clock is `-skewMs` off: every time in its answers is shifted. */
export class SkewedStorage {
  readonly port: number;
  readonly #server: Server;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.port = port;
  }

  static async to(port: number, skewMs: number): Promise<SkewedStorage> {
    const shift = (time: string): string => new Date(Date.parse(time) + skewMs).toUTCString();
    const server = createServer((incoming, answer) => {
      const {method, url, headers} = incoming;
      const forwarded = request({host: '127.0.0.1', port, method, path: url, headers}, (response) => {
        void (async () => {
          const body = await buffer(response);
          const shifted = body
            .toString('latin1')
            .replace(/<Last-Modified>([^<]*)</g, (_all, time: string) => `<Last-Modified>${shift(time)}<`);
          answer.writeHead(response.statusCode ?? 500, shiftHeaders(response.headers, shift));
          answer.end(Buffer.from(shifted, 'latin1'));
        })();
      });
      forwarded.on('error', () => answer.destroy());
      incoming.pipe(forwarded);
    });
    return new SkewedStorage(server, await listenOnLoopback(server));
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}

function shiftHeaders(headers: IncomingHttpHeaders, shift: (time: string) => string): IncomingHttpHeaders {
  const shifted = {...headers};
  delete shifted['transfer-encoding'];
  for (const name of ['date', 'last-modified'] as const) {
    const time = headers[name];
    if (time !== undefined) shifted[name] = shift(time);
  }
  return shifted;
}
