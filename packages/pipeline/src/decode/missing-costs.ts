import type {EventField} from './shape.ts';

/** What it costs that an event, or a whole shape, lacks a field; for people who look at their gateway's events. */
export const missingCosts: Readonly<Record<EventField, string>> = {
  requestId: 'no apim-request-id: this event can be counted, but never joined, and repeats of it count again',
  eventTime: 'no time: the time at which the event hub took it in stands for it',
  region: 'no region: it counts under unknown',
  deployment: 'no deployment: it counts under unknown',
  model: 'no model: it counts under unknown, unless its diagnostics tell the model',
  consumer: 'no caller: its tokens can be charged to nobody',
  product: 'no product: it counts under unknown',
  status: 'no status: with tokens it counts as succeeded, without as failed',
  stream: 'no word about streaming: it counts under unknown, unless its diagnostics tell',
  promptTokens: 'no prompt tokens: they are missing in the sums',
  completionTokens: 'no completion tokens: they are missing in the sums',
  totalTokens: 'no total tokens: they are missing in the sums',
  cachedTokens: 'no cached tokens: prompts that were cheaper are not seen',
  reasoningTokens: 'no reasoning tokens: they are seen only as part of the completion',
  remainingRequests: 'no x-ratelimit-remaining-requests: the headroom of the region is not seen',
  remainingTokens: 'no x-ratelimit-remaining-tokens: the headroom of the region is not seen',
};
