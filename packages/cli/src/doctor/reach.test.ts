import {once} from 'node:events';
import {createServer as createPlainServer, type AddressInfo, type Server} from 'node:net';
import {createServer, getCACertificates, setDefaultCACertificates} from 'node:tls';
import {afterEach, expect, test} from 'vitest';
import {reach} from './reach.ts';

/** Self-signed, for 127.0.0.1, from 2020 to 2120; made for this test and used nowhere else. */
const key = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgy1glUQz7Qx8TdqtZ
6WuxWvoixUkGEM+JJej3vBLP7wqhRANCAARWCk0hRdOrY+KpVi9PHuDSdjt40dRC
J/6+XTcgQhOO4QwkbltAswNb7EPQNNYLwu3F0CBhIJ8Uwwo5r2E0khmF
-----END PRIVATE KEY-----`;
const cert = `-----BEGIN CERTIFICATE-----
MIIBWzCCAQKgAwIBAgIBATAKBggqhkjOPQQDAjAUMRIwEAYDVQQDDAkxMjcuMC4w
LjEwIBcNMjAwMTAxMDAwMDAwWhgPMjEyMDAxMDEwMDAwMDBaMBQxEjAQBgNVBAMM
CTEyNy4wLjAuMTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABFYKTSFF06tj4qlW
L08e4NJ2O3jR1EIn/r5dNyBCE47hDCRuW0CzA1vsQ9A01gvC7cXQIGEgnxTDCjmv
YTSSGYWjQzBBMA8GA1UdEQQIMAaHBH8AAAEwDwYDVR0TAQH/BAUwAwEB/zAdBgNV
HQ4EFgQUiri5WbjEPwHMsdXHejWhAbAZb4swCgYIKoZIzj0EAwIDRwAwRAIgGAhJ
erjsbo0mzZL2iyOHySbpAXshJiZ0u0OwsmmGResCIEfko1durLOh0oD/8x+WPJG/
nOc5yiPy6QI+ChmCjDWV
-----END CERTIFICATE-----`;

const servers: Server[] = [];
const usual = getCACertificates('default');
afterEach(() => {
  setDefaultCACertificates(usual);
  for (const server of servers.splice(0)) server.close();
});

async function portOf(server: Server): Promise<number> {
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // A server on a port has such an address.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return (server.address() as AddressInfo).port;
}

const {signal} = new AbortController();
const at = (port: number) => ({host: '127.0.0.1', port, security: 'tls'}) as const;

test('a trusted certificate is told with its protocol and its end', async () => {
  setDefaultCACertificates([...usual, cert]);
  const port = await portOf(createServer({key, cert}));
  expect(await reach(at(port), signal)).toEqual({
    kind: 'reached',
    address: '127.0.0.1',
    protocol: 'TLSv1.3',
    certificateEndsMs: Date.UTC(2120, 0, 1),
  });
});

test('a certificate that nobody vouches for is told as such', async () => {
  const port = await portOf(createServer({key, cert}));
  expect(await reach(at(port), signal)).toEqual({
    kind: 'no trust',
    address: '127.0.0.1',
    cause: 'DEPTH_ZERO_SELF_SIGNED_CERT',
  });
});

test('a server without TLS is no connection', async () => {
  const port = await portOf(createPlainServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')));
  expect(await reach(at(port), signal)).toMatchObject({kind: 'no connection'});
});

test('a server that never answers ends with the check', async () => {
  const port = await portOf(createPlainServer((socket) => socket.on('error', () => socket.destroy())));
  const over = AbortSignal.timeout(50);
  expect(await reach(at(port), over)).toMatchObject({kind: 'no connection', cause: 'TimeoutError'});
});

test('a plain port is reached without TLS', async () => {
  const port = await portOf(createPlainServer((socket) => socket.destroy()));
  expect(await reach({...at(port), security: 'plain'}, signal)).toEqual({
    kind: 'reached',
    address: '127.0.0.1',
    protocol: undefined,
    certificateEndsMs: undefined,
  });
});
