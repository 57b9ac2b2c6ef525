import {once} from 'node:events';
import {connect, createServer, type Server, type Socket} from 'node:net';

/** A stream from the service to the client that ended in the middle of a frame: bytes that came, and its size. */
export interface CutFrame {
  readonly performative: number | undefined;
  readonly came: number;
  readonly size: number;
}

/** https://docs.oasis-open.org/amqp/core/v1.0/os/amqp-core-transport-v1.0-os.html#type-transfer */
export const transferCode = 0x14;

/**
 * Stands before the Event Hubs emulator, passes everything on as it is, and follows the frames to the client, so that a
 * test knows where a connection broke.
 */
export class AmqpRelay {
  readonly connectionString: string;
  /** In the order in which the streams ended. */
  readonly cuts: CutFrame[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server, {target, own}: {target: {port: number}; own: string}) {
    this.#server = server;
    this.connectionString = own;
    server.on('connection', (client) => this.#relay(client, connect(target.port, '127.0.0.1')));
  }

  /** @param connectionString of the emulator, with its port */
  static async start(connectionString: string): Promise<AmqpRelay> {
    const port = /127\.0\.0\.1:(\d+)/.exec(connectionString)?.[1];
    if (port === undefined) throw new Error('The connection string has no port.');
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('A listening server has a port.');
    const own = connectionString.replace(`127.0.0.1:${port}`, `127.0.0.1:${address.port}`);
    return new AmqpRelay(server, {target: {port: Number(port)}, own});
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #relay(client: Socket, service: Socket): void {
    const frames = new FrameFollower();
    service.on('data', (chunk: Buffer) => frames.follow(chunk));
    service.once('end', () => {
      if (frames.cut !== undefined) this.cuts.push(frames.cut);
    });
    for (const [socket, other] of [
      [client, service],
      [service, client],
    ] as const) {
      this.#sockets.add(socket);
      socket.pipe(other);
      // The other half ends with it, whatever the reason; that it broke is what the tests are about.
      socket.on('error', () => other.destroy());
      socket.once('close', () => {
        this.#sockets.delete(socket);
        other.destroySoon();
      });
    }
  }
}

/** Protocol headers of 8 bytes and frames that begin with their size, one after another. */
class FrameFollower {
  /** As much of the present frame's beginning as its performative's code needs. */
  #start = Buffer.alloc(0);
  #came = 0;

  get cut(): CutFrame | undefined {
    const size = this.#size;
    if (this.#came === 0 || size === undefined) return undefined;
    // After the frame's header: 0x00, a small unsigned long, and the code.
    return {performative: this.#start[10], came: this.#came, size};
  }

  follow(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#start.length < 11) {
        this.#start = Buffer.concat([this.#start, chunk.subarray(at, at + 11 - this.#start.length)]);
      }
      // The size itself may be torn.
      const wanted = (this.#size ?? 4) - this.#came;
      const taken = Math.min(wanted, chunk.length - at);
      this.#came += taken;
      at += taken;
      if (this.#came === this.#size) {
        this.#came = 0;
        this.#start = Buffer.alloc(0);
      } else if (this.#came < 11) this.#start = this.#start.subarray(0, this.#came);
    }
  }

  get #size(): number | undefined {
    if (this.#came < 4) return undefined;
    return this.#start.toString('latin1', 0, 4) === 'AMQP' ? 8 : this.#start.readUInt32BE();
  }
}
