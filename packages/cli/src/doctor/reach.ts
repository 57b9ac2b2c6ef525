import {lookup} from 'node:dns/promises';
import {connect as connectPlain, isIP, type Socket} from 'node:net';
import {connect as connectTls} from 'node:tls';
import type {Endpoint} from './endpoints.ts';

/** How far a connection came. */
export type Reach =
  | {
      readonly kind: 'reached';
      readonly address: string;
      /** `TLSv1.3`; undefined without TLS. */
      readonly protocol: string | undefined;
      /** ms since the epoch; undefined without TLS. */
      readonly certificateEndsMs: number | undefined;
    }
  | {readonly kind: 'no name'; readonly cause: string}
  | {readonly kind: 'no connection'; readonly address: string; readonly cause: string}
  | {readonly kind: 'no trust'; readonly address: string; readonly cause: string};

/** A handshake takes a few round trips; a firewall that drops packets never answers. */
const connectWithinMs = 5_000;

/** Resolves the name as the clients do, connects, and shakes hands; sends nothing further. */
export async function reach(
  {host, port, security}: Pick<Endpoint, 'host' | 'port' | 'security'>,
  signal: AbortSignal,
): Promise<Reach> {
  let address: string;
  try {
    ({address} = isIP(host) === 0 ? await lookup(host) : {address: host});
  } catch (error) {
    return {kind: 'no name', cause: codeOf(error)};
  }
  const within = AbortSignal.any([signal, AbortSignal.timeout(connectWithinMs)]);
  const socket =
    security === 'plain'
      ? connectPlain({host: address, port})
      : connectTls({host: address, port, ...(isIP(host) === 0 && {servername: host})});
  try {
    await opened(socket, {event: security === 'plain' ? 'connect' : 'secureConnect', signal: within});
    return {kind: 'reached', address, ...tlsFacts(socket)};
  } catch (error) {
    const cause = codeOf(error);
    return {kind: isOfTrust(cause) ? 'no trust' : 'no connection', address, cause};
  } finally {
    socket.destroy();
  }
}

async function opened(
  socket: Socket,
  {event, signal}: {event: 'connect' | 'secureConnect'; signal: AbortSignal},
): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const late = (): void => reject(new DOMException('No answer in time.', 'TimeoutError'));
    if (signal.aborted) late();
    signal.addEventListener('abort', late, {once: true});
    socket.once(event, () => resolve()).on('error', reject);
  });
}

function tlsFacts(socket: Socket): {protocol: string | undefined; certificateEndsMs: number | undefined} {
  if (!('getPeerCertificate' in socket) || !('getProtocol' in socket)) {
    return {protocol: undefined, certificateEndsMs: undefined};
  }
  // A plain socket has neither method.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  const tls = socket as ReturnType<typeof connectTls>;
  return {
    protocol: tls.getProtocol() ?? undefined,
    certificateEndsMs: Date.parse(tls.getPeerCertificate().valid_to),
  };
}

function codeOf(error: unknown): string {
  if (error instanceof DOMException) return error.name;
  if (!(error instanceof Error)) return 'unknown error';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}

/** Codes of OpenSSL's and of Node's check of a certificate. */
function isOfTrust(code: string): boolean {
  return /CERT|SELF_SIGNED|UNABLE_TO_VERIFY/.test(code);
}
