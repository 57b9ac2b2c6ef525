import {hostOf} from '@weir/azure';
import type {Config} from '@weir/worker';
import {hubConnection} from '../hub-access.ts';

/** Where one service listens, as its client reaches it. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
  readonly security: 'tls' | 'plain';
  /** The configuration key that names it. */
  readonly key: string;
  /** What a private endpoint of this service is called in DNS; https://learn.microsoft.com/azure/private-link/private-endpoint-dns */
  readonly privateZone: string;
  /** Whether its client goes through the proxy of `HTTPS_PROXY`. */
  readonly proxied: 'by HTTPS_PROXY' | 'never';
}

const amqpsPort = 5671;
const amqpPort = 5672;

export function eventHubsEndpoint(config: Config): Endpoint {
  const text = config.eventHubs.connectionString ?? '';
  const [, port] = /Endpoint\s*=\s*[a-z]+:\/\/[^:/;]+:(\d+)/i.exec(text) ?? [];
  const isPlain = /UseDevelopmentEmulator\s*=\s*true/i.test(text);
  const overWebSockets = config.eventHubs.transport === 'websockets';
  const usual = overWebSockets ? 443 : isPlain ? amqpPort : amqpsPort;
  return {
    host: hostOf(hubConnection(config)),
    port: port === undefined ? usual : Number(port),
    security: isPlain ? 'plain' : 'tls',
    key: 'EVENT_HUBS_CONNECTION_STRING or EVENT_HUBS_NAMESPACE',
    privateZone: 'privatelink.servicebus.windows.net',
    proxied: overWebSockets ? 'by HTTPS_PROXY' : 'never',
  };
}

/** @param url of the service, https, or http on loopback */
export function httpEndpoint(url: string, facts: Pick<Endpoint, 'key' | 'privateZone'>): Endpoint {
  const {hostname, port, protocol} = new URL(url);
  const isPlain = protocol === 'http:';
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? (isPlain ? 80 : 443) : Number(port),
    security: isPlain ? 'plain' : 'tls',
    proxied: 'by HTTPS_PROXY',
    ...facts,
  };
}
