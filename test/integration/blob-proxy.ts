import {once} from 'node:events';
import {
  createServer,
  request as sendRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';

/** What happens to a request to Blob storage. */
export type BlobFate =
  | 'pass'
  /** The connection breaks before storage sees it. */
  | 'requestLost'
  /** Storage carries it out; the connection breaks instead of the answer. */
  | 'answerLost'
  /** 503, nothing done. */
  | 'unavailable'
  | BlobRefusal;

/** Nothing done: https://learn.microsoft.com/rest/api/storageservices/blob-service-error-codes */
export interface BlobRefusal {
  readonly status: number;
  readonly code: string;
}

export interface BlobRequest {
  readonly method: string;
  /** Without the query: `/devstoreaccount1/weir/journal/…`. */
  readonly path: string;
  /** Who claims or renews a partition with this request; undefined for any other. */
  readonly ownerId: string | undefined;
}

/** Stands before Azurite, which has no faults of its own. Signatures do not cover the host, so requests go on unchanged. */
export class BlobProxy {
  readonly connectionString: string;
  /** Asked for each request; a test replaces it. */
  fateOf: (request: BlobRequest) => BlobFate | Promise<BlobFate> = () => 'pass';
  /** Told what storage answered to each request that reached it. */
  answered: (request: BlobRequest, status: number | undefined) => void = () => {};
  readonly #server: Server;
  readonly #target: URL;

  private constructor(server: Server, target: URL, connectionString: string) {
    this.#server = server;
    this.#target = target;
    this.connectionString = connectionString;
    server.on('request', (request, response) => void this.#serve(request, response));
  }

  /** @param connectionString of the emulator, with its `BlobEndpoint` */
  static async start(connectionString: string): Promise<BlobProxy> {
    const endpoint = /BlobEndpoint=([^;]+)/.exec(connectionString)?.[1];
    if (endpoint === undefined) throw new Error('The connection string has no BlobEndpoint.');
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('A listening server has a port.');
    const target = new URL(endpoint);
    const own = endpoint.replace(target.host, `127.0.0.1:${address.port}`);
    return new BlobProxy(server, target, connectionString.replace(endpoint, own));
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [path = ''] = (request.url ?? '').split('?', 1);
    const ownerId = request.headers['x-ms-meta-ownerid'];
    const asked = {
      method: request.method ?? '',
      path,
      ownerId: typeof ownerId === 'string' ? ownerId : undefined,
    };
    const fate = await this.fateOf(asked);
    if (fate === 'requestLost') {
      request.socket.resetAndDestroy();
      return;
    }
    if (fate === 'unavailable' || typeof fate === 'object') {
      request.resume();
      refuse(response, fate === 'unavailable' ? {status: 503, code: 'ServerBusy'} : fate);
      return;
    }
    try {
      const answer = await this.#forward(request);
      this.answered(asked, answer.statusCode);
      if (fate === 'answerLost') {
        answer.resume();
        await once(answer, 'end');
        request.socket.resetAndDestroy();
        return;
      }
      response.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
      answer.pipe(response);
    } catch {
      // The client went away, or storage did: either way this connection is over.
      request.socket.destroy();
    }
  }

  async #forward(request: IncomingMessage): Promise<IncomingMessage> {
    const {hostname, port} = this.#target;
    const {method, url: path, rawHeaders: headers} = request;
    const forwarded = sendRequest({hostname, port, method, path, headers});
    request.pipe(forwarded);
    const [answer] = (await once(forwarded, 'response')) as [IncomingMessage];
    return answer;
  }
}

function refuse(response: ServerResponse, {status, code}: BlobRefusal): void {
  response.writeHead(status, {
    'content-type': 'application/xml',
    'x-ms-error-code': code,
    connection: 'close',
  });
  response.end(`<?xml version="1.0" encoding="utf-8"?><Error><Code>${code}</Code></Error>`);
}
