import type {Socket} from 'node:net';
import type {Connection, Sender} from 'rhea';
import {resourcePath} from './sas.ts';

/** Claims of one connection at most: a client of 1,024 partitions has one for each link. */
const CLAIMS_MAX = 8192;

/** One accepted connection: its socket, what it may access, and where its requests are answered. */
export class ClientConnection {
  readonly #socket: Socket;
  /** Expiry by path of the resource, milliseconds. */
  readonly #claims = new Map<string, number>();
  readonly #replyLinks = new Map<string, Sender>();
  #corked = false;

  constructor(socket: Socket, connection: Connection) {
    this.#socket = socket;
    socket.setNoDelay(true);
    // The answers to one chunk leave together.
    socket.prependListener('data', () => this.burst());
    socket.once('close', () => {
      // Destroying a socket ends it without `end`; the library's heartbeat timers hang on being told.
      connection._disconnected();
    });
  }

  /** Collects everything written until the event loop's next turn: the library writes once per frame. */
  burst(): void {
    if (this.#corked) return;
    this.#corked = true;
    this.#socket.cork();
    setImmediate(() => {
      this.#corked = false;
      this.#socket.uncork();
    });
  }

  /** False when the connection has more claims than any client needs. */
  claim(resource: string, expiresAtMs: number): boolean {
    const path = resourcePath(resource);
    if (this.#claims.size >= CLAIMS_MAX && !this.#claims.has(path)) return false;
    this.#claims.set(path, expiresAtMs);
    return true;
  }

  /** A claim covers the entity that it names and everything below. */
  mayAccess(entity: string, nowMs: number): boolean {
    const path = resourcePath(entity);
    for (let end = path.length; end > 0; end = path.lastIndexOf('/', end - 1)) {
      if ((this.#claims.get(path.slice(0, end)) ?? 0) > nowMs) return true;
    }
    return (this.#claims.get('') ?? 0) > nowMs;
  }

  /** Requests name the address or the name of the link that takes their answer. */
  addReplyLink(sender: Sender): void {
    this.#replyLinks.set(sender.name, sender);
    const address = sender.target?.address;
    if (address) this.#replyLinks.set(address, sender);
  }

  replyLink(replyTo: string | undefined): Sender | undefined {
    const link = replyTo === undefined ? undefined : this.#replyLinks.get(replyTo);
    return link?.is_open() ? link : undefined;
  }

  removeReplyLink(sender: Sender): void {
    for (const [key, link] of this.#replyLinks) if (link === sender) this.#replyLinks.delete(key);
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** The library gathers a frame of whatever size it announces; one past the limit ends the connection instead. */
  limitFrames(connection: Connection, bytesMax: number): void {
    const awaited = connection as unknown as {readonly frame_size?: number};
    this.#socket.on('data', () => {
      if ((awaited.frame_size ?? 0) > bytesMax) this.#socket.destroy();
    });
  }

  /** The next transfer is cut in its middle, and the connection with it. */
  destroyInsideNextTransfer(): void {
    const socket = this.#socket;
    const write = socket.write.bind(socket);
    let cut = false;
    socket.write = (chunk: Uint8Array | string): boolean => {
      if (cut) return false;
      if (typeof chunk === 'string' || !isTransfer(chunk)) return write(chunk);
      cut = true;
      write(chunk.subarray(0, chunk.length >>> 1));
      socket.destroySoon();
      return false;
    };
  }
}

/** A frame of AMQP type whose performative has the descriptor of a transfer: part 2.3 and 2.7.5. */
function isTransfer(frame: Uint8Array): boolean {
  return frame[5] === 0 && frame[8] === 0x00 && frame[9] === 0x53 && frame[10] === 0x14;
}
