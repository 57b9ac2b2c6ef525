import type {IncomingHttpHeaders} from 'node:http';
import {objectOrUndefined, type AnswerFacts} from './usage-tap.ts';

/** One call as the proxy saw it. Times are in ms since the epoch. */
export interface ProxiedCall {
  readonly gatewayRequestId: string;
  readonly receivedAtMs: number;
  readonly endedAtMs: number;
  readonly path: string;
  readonly backendId: string;
  /** Undefined where the backend could not be reached. */
  readonly statusCode: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly isStream: boolean;
  readonly answer: AnswerFacts;
  /** Who called, from what the proxy has checked. */
  readonly appId: string;
}

/** The event of a call in the shape `weir`, schema 1: no texts, no keys, no addresses. */
export function weirEvent(call: ProxiedCall): Record<string, unknown> {
  const {headers, answer, statusCode} = call;
  const usage = objectOrUndefined(answer.usage);
  const promptDetails = objectOrUndefined(
    usage?.['prompt_tokens_details'] ?? usage?.['input_tokens_details'],
  );
  const completionDetails = objectOrUndefined(
    usage?.['completion_tokens_details'] ?? usage?.['output_tokens_details'],
  );
  const isAnswered = statusCode !== undefined && statusCode < 300;
  return {
    weirSchema: 1,
    apimRequestId: requestIdOf(headers),
    gatewayRequestId: call.gatewayRequestId,
    timestamp: new Date(call.receivedAtMs).toISOString(),
    statusCode,
    region: headers['x-ms-region'],
    backendId: call.backendId,
    attempt: 1,
    appId: call.appId,
    deployment: /\/deployments\/([^/?]+)/.exec(call.path)?.[1],
    model: answer.model,
    stream: isAnswered ? call.isStream : undefined,
    promptTokens: usage?.['prompt_tokens'] ?? usage?.['input_tokens'],
    completionTokens: usage?.['completion_tokens'] ?? usage?.['output_tokens'],
    totalTokens: usage?.['total_tokens'],
    cachedTokens: promptDetails?.['cached_tokens'],
    reasoningTokens: completionDetails?.['reasoning_tokens'],
    remainingRequests: headers['x-ratelimit-remaining-requests'],
    remainingTokens: headers['x-ratelimit-remaining-tokens'],
    retryAfter: headers['retry-after-ms'],
    gatewayMs: Math.round(call.endedAtMs - call.receivedAtMs),
  };
}

/** The last of several, which is the attempt that answered; empty where the service gave none. */
export function requestIdOf(headers: IncomingHttpHeaders): string {
  const ids = String(headers['apim-request-id'] ?? '');
  return ids.slice(ids.lastIndexOf(',') + 1).trim();
}
