import type {GatewayEvent} from '../decode/gateway-event.ts';

/** What of an event its views count and group by; an event that waits for diagnostics is reduced to it. */
export type CountedEvent = Pick<
  GatewayEvent,
  | 'region'
  | 'deployment'
  | 'model'
  | 'consumer'
  | 'product'
  | 'status'
  | 'stream'
  | 'promptTokens'
  | 'completionTokens'
  | 'totalTokens'
  | 'cachedTokens'
  | 'reasoningTokens'
  | 'tokenSource'
  | 'remainingRequests'
  | 'remainingTokens'
>;
