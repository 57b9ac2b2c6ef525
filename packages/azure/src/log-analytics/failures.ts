import {isRestError, type RestError} from '@azure/core-rest-pipeline';

import type {LookupAnswer} from '@weir/pipeline';

/** No answer makes us wait longer than this before the next question. */
export const retryAfterMaxMs = 120_000;
/** Texts of the service are cut for log lines. */
const messageLengthMax = 200;

/**
 * What a failed query means, in one place. Only the status, the service's error code and its innermost message are used:
 * the error itself holds the request with its token. Undefined if this is no failure of the service but a bug.
 */
export function answerOfFailure(error: unknown, {nowMs}: {nowMs: number}): LookupAnswer | undefined {
  if (isRestError(error)) {
    return error.statusCode === undefined ? unavailable(networkCause(error)) : answerOfStatus(error, nowMs);
  }
  if (!(error instanceof Error)) return undefined;
  // The SDK trips over a 200 whose body is empty, cut, or without tables.
  if (error instanceof SyntaxError || error instanceof TypeError)
    return unavailable('The answer was garbled.');
  if (!credentialFaults.includes(error.name)) return undefined;
  const status = member(error, 'statusCode');
  if (typeof status === 'number' && refusedTokenStatuses.includes(status)) {
    const reason = `Microsoft Entra ID refused a token with ${status}; check the identity and its settings.`;
    return {kind: 'forbidden', reason};
  }
  // The SDK uses the same names for networks and managed identity endpoints that are not up yet, so it may pass.
  return unavailable(`No token from Microsoft Entra ID (${error.name}).`);
}

/** Errors of `@azure/identity`; their messages name tenants and clients, and are left out. */
const credentialFaults = [
  'AuthenticationError',
  'AuthenticationRequiredError',
  'CredentialUnavailableError',
  'AggregateAuthenticationError',
];
const refusedTokenStatuses = [400, 401, 403];

function answerOfStatus(error: RestError, nowMs: number): LookupAnswer {
  const status = error.statusCode ?? 0;
  const said = serviceWords(error);
  switch (status) {
    // Documented for a workspace without data.
    case 204:
      return {kind: 'complete', rows: [], serviceNowMs: undefined};
    case 400:
      return {kind: 'forbidden', reason: `400, the workspace cannot answer the query: ${said}`};
    case 401:
      return {kind: 'forbidden', reason: `401, the token was not accepted (check AZURE_CLOUD): ${said}`};
    case 403:
      return {
        kind: 'forbidden',
        reason: `403, the identity needs the role "Log Analytics Data Reader" on the workspace: ${said}`,
      };
    case 404:
      return {kind: 'forbidden', reason: `404, check LOG_ANALYTICS_WORKSPACE_ID: ${said}`};
    case 413:
      return {kind: 'partial', cause: '413, the query is too large'};
    case 429:
      return {kind: 'throttled', retryAfterMs: retryAfterMs(error, nowMs)};
    case 504:
      return {kind: 'tooSlow'};
    default:
      // 200 with a body that is no JSON carries its status, too.
      return status < 400 || status === 408 || status >= 500
        ? unavailable(error.code === 'PARSE_ERROR' ? 'The answer was garbled.' : `${status}: ${said}`)
        : {kind: 'forbidden', reason: `${status}: ${said}`};
  }
}

function unavailable(cause: string): LookupAnswer {
  return {kind: 'unavailable', cause};
}

function networkCause(error: RestError): string {
  return error.code === 'PARSE_ERROR' ? 'The answer was garbled.' : (error.code ?? 'The request failed.');
}

/** `retry-after-ms`, or `retry-after` as seconds or a date; undefined if neither can be read. */
function retryAfterMs(error: RestError, nowMs: number): number | undefined {
  const headers = error.response?.headers;
  const exact = headers?.get('retry-after-ms') ?? headers?.get('x-ms-retry-after-ms');
  const given = headers?.get('retry-after');
  let ms = Number.NaN;
  if (exact !== undefined) ms = Number(exact);
  else if (given !== undefined) ms = /^\d+$/.test(given) ? Number(given) * 1000 : Date.parse(given) - nowMs;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(0, ms), retryAfterMaxMs);
}

/** The error's code and its innermost message, such as a column that is not there. */
function serviceWords(error: RestError): string {
  const {code, message} = innermost(bodyError(error));
  const words = [code ?? error.code ?? 'no code', message ?? ''].join(' ').trim();
  return forLog(words);
}

/** One line without control characters, cut. */
export function forLog(message: string): string {
  const line = message.replaceAll(/[\s\p{Cc}]+/gu, ' ').trim();
  return line.length <= messageLengthMax ? line : `${line.slice(0, messageLengthMax)}…`;
}

function bodyError(error: RestError): unknown {
  const {bodyAsText} = error.response ?? {};
  if (typeof bodyAsText !== 'string') return undefined;
  try {
    return member(JSON.parse(bodyAsText), 'error');
  } catch (parseError) {
    if (parseError instanceof SyntaxError) return undefined;
    throw parseError;
  }
}

/** What the service says of an error in its most exact words; empty if it says nothing. */
export function innermostMessage(error: unknown): string {
  return innermost(error).message ?? '';
}

/** Nested errors of the service are three deep; more is not followed. */
const nestingMax = 8;

function innermost(error: unknown): {code: string | undefined; message: string | undefined} {
  let current = error;
  for (let depth = 0; depth < nestingMax; depth += 1) {
    const inner = member(current, 'innererror');
    if (inner === undefined) break;
    current = inner;
  }
  return {code: textMember(current, 'code'), message: textMember(current, 'message')};
}

function member(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  const found: unknown = Reflect.get(value, name);
  return found;
}

function textMember(value: unknown, name: string): string | undefined {
  const found = member(value, name);
  return typeof found === 'string' ? found : undefined;
}
