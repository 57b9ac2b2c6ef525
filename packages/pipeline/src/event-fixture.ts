import type {GatewayEvent} from './decode/gateway-event.ts';
import type {DiagnosticsRow} from './join/diagnostics.ts';
import type {ReceivedEvent} from './ports.ts';

/** A Friday. */
export const noonMs = Date.UTC(2024, 4, 17, 12);

/** For tests: a call that succeeded and says nothing else. */
export function gatewayEvent(fields: Partial<GatewayEvent> = {}): GatewayEvent {
  return {
    requestId: 'a-1',
    eventTimeMs: noonMs,
    region: 'eastus2',
    deployment: 'gpt',
    model: 'unknown',
    consumer: 'team',
    product: 'basic',
    status: 200,
    stream: undefined,
    promptTokens: undefined,
    completionTokens: undefined,
    totalTokens: undefined,
    cachedTokens: undefined,
    reasoningTokens: undefined,
    tokenSource: 'unknown',
    remainingRequests: undefined,
    remainingTokens: undefined,
    shape: 'test',
    missing: [],
    ...fields,
  };
}

export function diagnosticsRow(fields: Partial<DiagnosticsRow> = {}): DiagnosticsRow {
  return {
    requestId: 'a-1',
    timeGeneratedMs: noonMs,
    durationMs: 700,
    streamType: 'streaming',
    model: 'gpt-4o',
    modelVersion: '2024-08-06',
    principal: '',
    region: 'eastus2',
    ...fields,
  };
}

/** An event in the workload's shape as it is received; by default enqueued a second for each sequence number after noon. */
export function received(
  sequenceNumber: number,
  {
    id = `id-${sequenceNumber}`,
    atMs = noonMs + sequenceNumber * 1000,
    ...rest
  }: {id?: string; atMs?: number; timestampMs?: number; body?: string} = {},
): ReceivedEvent {
  const timestamp = new Date(rest.timestampMs ?? atMs).toISOString();
  const body =
    rest.body ??
    JSON.stringify({
      schemaVersion: 1,
      requestId: id,
      timestamp,
      status: 200,
      headers: {'x-ms-region': 'eastus2'},
      deployment: 'gpt',
    });
  return {sequenceNumber, offset: `o${sequenceNumber}`, enqueuedTimeMs: atMs, body};
}
