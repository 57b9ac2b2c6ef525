import assert from 'node:assert/strict';
import type {Server} from 'node:net';

/** For tests: listens on a free port of 127.0.0.1 and returns it. */
export async function listenOnLoopback(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  assert(address !== null && typeof address === 'object', 'a TCP server has an address');
  return address.port;
}
