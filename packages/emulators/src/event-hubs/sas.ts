import {createHmac, timingSafeEqual} from 'node:crypto';

/** The one shared access policy of an emulator. */
export interface SharedAccessKey {
  readonly keyName: string;
  readonly key: string;
}

export type SasVerdict =
  | {readonly kind: 'valid'; readonly resource: string; readonly expiresAtMs: number}
  /** `reason` is fit for a status description; it never contains the key or a signature. */
  | {readonly kind: 'refused'; readonly reason: string};

const SCHEME = 'SharedAccessSignature ';

/**
 * Checks a shared access signature: HMAC-SHA256 with the policy's key over the encoded resource, a line feed and the
 * expiry in seconds.
 * https://learn.microsoft.com/azure/event-hubs/authenticate-shared-access-signature
 */
export function verifySasToken(token: string, policy: SharedAccessKey & {nowMs: number}): SasVerdict {
  if (!token.startsWith(SCHEME))
    return {kind: 'refused', reason: 'The token is not a shared access signature.'};
  const fields = fieldsOf(token.slice(SCHEME.length));
  const resource = fields.get('sr');
  const signature = fields.get('sig');
  const expirySeconds = fields.get('se');
  const keyName = fields.get('skn');
  if (!resource || !signature || !expirySeconds || !keyName) {
    return {kind: 'refused', reason: 'The token lacks one of sr, sig, se and skn.'};
  }
  if (!/^\d{1,12}$/.test(expirySeconds)) return {kind: 'refused', reason: 'The token has no valid expiry.'};
  // Key and signature before expiry: a forged token must not learn anything else.
  if (decoded(keyName) !== policy.keyName) return {kind: 'refused', reason: 'The key name is unknown.'};
  const expected = createHmac('sha256', policy.key).update(`${resource}\n${expirySeconds}`).digest();
  const given = Buffer.from(decoded(signature) ?? '', 'base64');
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
    return {kind: 'refused', reason: 'The signature does not fit the key.'};
  }
  const expiresAtMs = Number(expirySeconds) * 1000;
  if (expiresAtMs <= policy.nowMs) return {kind: 'refused', reason: 'The token has expired.'};
  const name = decoded(resource);
  if (name === undefined) return {kind: 'refused', reason: 'The resource is not well encoded.'};
  return {kind: 'valid', resource: name, expiresAtMs};
}

/** What signs requests in the SDK; here for tests and for clients without an SDK. */
export function signSasToken(
  resource: string,
  {keyName, key, expiresAtMs}: SharedAccessKey & {expiresAtMs: number},
): string {
  const encoded = encodeURIComponent(resource);
  const expirySeconds = Math.floor(expiresAtMs / 1000);
  const signature = createHmac('sha256', key).update(`${encoded}\n${expirySeconds}`).digest('base64');
  return `${SCHEME}sr=${encoded}&sig=${encodeURIComponent(signature)}&se=${expirySeconds}&skn=${encodeURIComponent(keyName)}`;
}

/** The path of `sb://host:port/hub/...`, lower case, without slashes at its ends: names of entities ignore case. */
export function resourcePath(resource: string): string {
  return resource
    .replace(/^[a-z]+:\/\/[^/]*/i, '')
    .replace(/^\/+|\/+$/g, '')
    .toLowerCase();
}

function fieldsOf(query: string): Map<string, string> {
  const fields = new Map<string, string>();
  for (const part of query.split('&')) {
    const at = part.indexOf('=');
    if (at > 0) fields.set(part.slice(0, at).trim(), part.slice(at + 1).trim());
  }
  return fields;
}

/** Undefined where the text is not well encoded: that is the client's mistake. */
function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}
