import {connect, type Socket} from 'node:net';
import {setFlagsFromString} from 'node:v8';
import {runInNewContext} from 'node:vm';

/** Far above any limit; a server that kept it would show. */
export const largeBytes = 50 * 1024 * 1024;
const chunkBytes = 64 * 1024;
const answeredWithinMs = 20_000;
const measuredEveryBytes = 8 * 1024 * 1024;

export interface LargeAnswer {
  /** What came back before the connection ended, as latin1. */
  readonly text: string;
  /** Bytes of the body that the server's side took. */
  readonly sentBytes: number;
  /** The most that this process held more than before, garbage left out. */
  readonly heldBytes: number;
}

/**
 * Sends `head` and then 50 MiB of it, as fast as the server takes them, until all is sent or the connection ends, and waits for
 * an answer. The same chunk is sent again and again: none of the memory is this client's.
 */
export async function sendLarge({port, head}: {port: number; head: Buffer | string}): Promise<LargeAnswer> {
  const before = heldNow();
  const socket = connect(port, '127.0.0.1');
  let text = '';
  socket.on('data', (data: Buffer) => (text += data.toString('latin1')));
  // That the server ends the connection is one of the right answers.
  socket.on('error', () => socket.destroy());
  socket.setTimeout(answeredWithinMs, () => socket.destroy());
  const chunk = Buffer.alloc(chunkBytes, 0x20);
  let sentBytes = 0;
  let heldBytes = 0;
  for (
    let isTaken = socket.write(head);
    sentBytes < largeBytes && !socket.destroyed;
    sentBytes += chunkBytes
  ) {
    if (!isTaken) await eventOrEnd(socket, 'drain');
    if (!socket.destroyed) isTaken = socket.write(chunk);
    if (sentBytes % measuredEveryBytes === 0) heldBytes = Math.max(heldBytes, heldNow() - before);
  }
  if (text === '') await eventOrEnd(socket, 'data');
  heldBytes = Math.max(heldBytes, heldNow() - before);
  socket.destroy();
  return {text, sentBytes, heldBytes};
}

async function eventOrEnd(socket: Socket, event: 'drain' | 'data'): Promise<void> {
  if (socket.destroyed) return;
  const {promise, resolve} = Promise.withResolvers<void>();
  const done = (): void => resolve();
  socket.once(event, done).once('close', done);
  await promise;
  socket.off(event, done).off('close', done);
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

function heldNow(): number {
  collectGarbage();
  const {heapUsed, external} = process.memoryUsage();
  return heapUsed + external;
}

/** The head of an HTTP request with a body so large. */
export function largeHead(method: string, path: string): string {
  return (
    `${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n` +
    `Content-Length: ${largeBytes}\r\n\r\n`
  );
}
