import {connect} from 'node:net';

/** Addresses of this machine alone. A server on all addresses answers at the second one too. */
export const loopbackHosts = ['127.0.0.1', '127.0.0.2'] as const;

/** Those of {@link loopbackHosts} at which something listens on the port. */
export async function listeningAt(port: number): Promise<string[]> {
  const open = await Promise.all(loopbackHosts.map((host) => isOpen(host, port)));
  return loopbackHosts.filter((_, index) => open[index]);
}

function isOpen(host: string, port: number): Promise<boolean> {
  const {promise, resolve} = Promise.withResolvers<boolean>();
  const socket = connect(port, host, () => {
    socket.destroy();
    resolve(true);
  });
  // Refused, or no such address here.
  socket.once('error', () => resolve(false));
  return promise;
}
