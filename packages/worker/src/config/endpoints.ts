import {fromText, type Reading} from './setting.ts';

/** Loopback names and addresses: nothing sent there leaves the machine. Takes `[::1]` as URLs write it. */
export function isLoopbackHost(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname);
}

/**
 * An endpoint without user, query and fragment, by https; plain http only for a loopback host, because keys and tokens
 * are sent to it. Reads as its origin, with the path where one is allowed, and without a slash at the end.
 */
export function endpoint({path, example}: {path: 'refused' | 'allowed'; example: string}) {
  const bounds = `https://, or http:// on loopback; ${path === 'refused' ? 'no path' : 'no query'}`;
  return fromText({bounds, example}, (text): Reading<string> => {
    if (!URL.canParse(text)) return {problem: 'is not a URL'};
    const url = new URL(text);
    if (url.protocol !== 'https:' && url.protocol !== 'http:') return {problem: 'is not an https:// URL'};
    if (url.protocol === 'http:' && !isLoopbackHost(url.hostname)) {
      return {problem: 'uses plain http to a host that is not loopback'};
    }
    if (url.username !== '' || url.password !== '') return {problem: 'holds a user or password'};
    if (url.search !== '' || url.hash !== '') return {problem: 'holds a query or fragment'};
    const pathname = url.pathname.replace(/\/+$/, '');
    if (path === 'refused' && pathname !== '') return {problem: 'holds a path'};
    return {value: url.origin + pathname};
  });
}

/** What is known of an Event Hubs connection string besides its keys. */
export interface EventHubsConnection {
  readonly text: string;
  /** Host, with its port where there is one, lower case: what the SDK calls the fully qualified namespace. */
  readonly namespace: string;
  readonly entityPath: string | undefined;
}

/** `Endpoint=sb://…;SharedAccessKeyName=…;SharedAccessKey=…`, with `EntityPath` or without. */
export function eventHubsConnection() {
  const facts = {
    bounds: 'connection string of a namespace or hub',
    example: 'Endpoint=sb://HOST/;SharedAccessKeyName=NAME;SharedAccessKey=KEY',
  };
  return fromText(facts, (text): Reading<EventHubsConnection> => {
    const parts = connectionParts(text);
    const [, host] = /^\w+:\/\/([^/\s]+)\/?$/.exec(parts.get('endpoint') ?? '') ?? [];
    if (host === undefined) return {problem: 'has no part Endpoint=sb://HOST/'};
    const named = parts.has('sharedaccesskeyname') && parts.has('sharedaccesskey');
    if (!named && !parts.has('sharedaccesssignature')) {
      return {problem: 'has no parts SharedAccessKeyName and SharedAccessKey'};
    }
    // The SDK takes the word for plain AMQP, which carries the key's signature in the clear.
    const isPlain = parts.get('usedevelopmentemulator')?.toLowerCase() === 'true';
    if (isPlain && !isLoopbackHost(host.replace(/:\d+$/, '').toLowerCase())) {
      return {problem: 'asks for UseDevelopmentEmulator, without TLS, on a host that is not loopback'};
    }
    return {value: {text, namespace: host.toLowerCase(), entityPath: parts.get('entitypath')}};
  });
}

/** A connection string of a storage account: by key, by signature, or of the development storage. */
export function storageConnection() {
  const facts = {
    bounds: 'connection string of a storage account',
    example: 'DefaultEndpointsProtocol=https;AccountName=NAME;AccountKey=KEY;EndpointSuffix=core.windows.net',
  };
  return fromText(facts, (text): Reading<string> => {
    const parts = connectionParts(text);
    const byKey = parts.has('accountname') && parts.has('accountkey');
    const bySignature =
      parts.has('sharedaccesssignature') && (parts.has('blobendpoint') || parts.has('accountname'));
    const development = parts.get('usedevelopmentstorage')?.toLowerCase() === 'true';
    if (!byKey && !bySignature && !development) {
      return {problem: 'has neither AccountName and AccountKey nor BlobEndpoint and SharedAccessSignature'};
    }
    const problem = blobEndpointProblem(parts);
    return problem === undefined ? {value: text} : {problem};
  });
}

/** Without a BlobEndpoint the SDK makes one of the account's name and the protocol, which is never a loopback host. */
function blobEndpointProblem(parts: ReadonlyMap<string, string>): string | undefined {
  const blobEndpoint = parts.get('blobendpoint');
  if (blobEndpoint === undefined) {
    const isPlain = parts.get('defaultendpointsprotocol')?.toLowerCase() === 'http';
    return isPlain ? 'has DefaultEndpointsProtocol=http, which is without TLS' : undefined;
  }
  if (!URL.canParse(blobEndpoint)) return 'has a BlobEndpoint that is not a URL';
  const {protocol, hostname} = new URL(blobEndpoint);
  if (protocol === 'https:' || isLoopbackHost(hostname)) return undefined;
  return 'has a BlobEndpoint without TLS on a host that is not loopback';
}

/** Names in lower case; a value may hold `=`, as keys do. Parts without a value are left out. */
export function connectionParts(text: string): ReadonlyMap<string, string> {
  const parts = new Map<string, string>();
  for (const part of text.split(';')) {
    const equals = part.indexOf('=');
    const value = part.slice(equals + 1).trim();
    if (equals > 0 && value !== '') parts.set(part.slice(0, equals).trim().toLowerCase(), value);
  }
  return parts;
}
