import type {WorkloadRow} from '../oracle/workload.ts';

/** A gateway event that follows all rules, with whatever a test changes of it. */
export function gatewayEvent(
  number: number,
  changes: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> {
  return {
    schemaVersion: 1,
    requestId: requestIdOf(number),
    timestamp: timeOf(number).toISOString(),
    deployment: 'gpt-4o-main',
    model: 'gpt-4o',
    stream: false,
    status: 200,
    subscriptionId: 'sub-chat-00',
    productId: 'genai-standard',
    appId: `app-${number % 3}`,
    usage: {prompt_tokens: 100 + number, completion_tokens: 10, total_tokens: 110 + number},
    headers: {
      'x-ms-region': number % 2 === 0 ? 'East US' : 'UK South',
      'x-ratelimit-remaining-requests': String(50 + number),
      'x-ratelimit-remaining-tokens': String(9_000 + number),
    },
    ...changes,
  };
}

/** The diagnostics row of that event. */
export function diagnosticsRow(number: number, changes: Readonly<Record<string, unknown>> = {}): WorkloadRow {
  return {
    TimeGenerated: new Date(timeOf(number).getTime() + 5_000).toISOString(),
    Category: 'RequestResponse',
    OperationName: 'ChatCompletions_Create',
    DurationMs: 1_000 + number,
    CorrelationId: requestIdOf(number),
    properties_s: propertiesOf(1_000 + number),
    _ingestedAt: new Date(startMs).toISOString(),
    ...changes,
  };
}

/** `properties_s` with ticks so far apart; they are beyond what JSON numbers can hold. */
export function propertiesOf(durationMs: number): string {
  const requestTicks = 638_515_440_324_011_672n;
  const responseTicks = requestTicks + BigInt(durationMs) * 10_000n;
  return (
    `{"requestTime":${requestTicks},"responseTime":${responseTicks},"objectId":"9650eba7-7cea-41bf-8a26-f2c9c7636dd8",` +
    '"streamType":"Non-Streaming","modelName":"gpt-4o","modelVersion":"2024-05-13"}'
  );
}

export function requestIdOf(number: number): string {
  return `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
}

const startMs = Date.now();

/** A few minutes before now, a second apart, on whole seconds: a US date has no milliseconds. */
export function timeOf(number: number): Date {
  return new Date(Math.floor(startMs / 1_000) * 1_000 - 600_000 + number * 1_000);
}
