/**
 * Events of the workload's shape and their diagnostics, made anew from a seed: both sides of a comparison read the same
 * bytes, on any machine.
 */

export interface WorkloadOptions {
  readonly events: number;
  readonly partitions: number;
  /** Event time of the first event, ms. */
  readonly startMs: number;
  /** Of event time. Default {@link busyPerSecond}. */
  readonly perSecond?: number;
  /** Number of the first event; another range of numbers is another set of ids. Default 0. */
  readonly from?: number;
}

/** One call: where it goes, what the gateway says of it, and what the service says of it, if it does. */
export interface Call {
  readonly partition: number;
  readonly body: Buffer;
  readonly row: Readonly<Record<string, unknown>> | undefined;
}

/** Each hundredth call has no diagnostics. */
const missingEvery = 100;
/** How many of the first so many events have diagnostics. */
export function rowsOf(events: number): number {
  return events - Math.floor(events / missingEvery);
}

/** Calls per second of event time of a busy fleet: 200,000 calls span several 5-minute windows. */
export const busyPerSecond = 250;

/** Windows are in the past and their rows in reach, and the last event is not ahead of the clock: that would be a dead letter. */
const lastEventAgeMs = 300_000;

/** Where so many events have to start, whole seconds, so that the last one lies five minutes back. */
export function startMsOf({
  events,
  perSecond,
  nowMs,
}: {
  events: number;
  perSecond: number;
  nowMs: number;
}): number {
  return Math.floor((nowMs - lastEventAgeMs) / 1000 - events / perSecond) * 1000;
}

const regions = ['East US', 'Sweden Central', 'France Central', 'UK South', 'Japan East'];
const deployments = [
  {deployment: 'gpt-4o-main', model: 'gpt-4o', version: '2024-08-06'},
  {deployment: 'gpt-4o-mini', model: 'gpt-4o-mini', version: '2024-07-18'},
  {deployment: 'gpt-4-turbo', model: 'gpt-4', version: 'turbo-2024-04-09'},
  {deployment: 'gpt-35-turbo-chat', model: 'gpt-35-turbo', version: '0125'},
] as const;
/** As many applications as the sample workload has; each uses up to three deployments. */
const consumers = 24;
const products = ['genai-standard', 'genai-premium', 'genai-batch'];
const unixEpochTicks = 621_355_968_000_000_000n;
const ticksPerMs = 10_000n;

/** The calls of a range of numbers, in the order of their event times. */
export function* calls({
  events,
  partitions,
  startMs,
  perSecond = busyPerSecond,
  from = 0,
}: WorkloadOptions): Generator<Call> {
  for (let number = from; number < from + events; number++) {
    yield call({number, partitions, timeMs: startMs + Math.floor((number * 1000) / perSecond)});
  }
}

function call({number, partitions, timeMs}: {number: number; partitions: number; timeMs: number}): Call {
  const draw = draws(number);
  const requestId = guid(draw);
  const consumer = draw() % consumers;
  const {deployment, model, version} = deployments[(consumer + (draw() % 3)) % deployments.length]!;
  const region = regions[draw() % regions.length]!;
  const isStream = draw() % 10 < 6;
  const durationMs = 150 + Math.floor((draw() % 4000) ** 1.15);
  const [prompt, completion] = [50 + (draw() % 3000), 1 + (draw() % 600)];
  const status = draw() % 50 === 0 ? 429 : 200;
  const account = `aoai-${region.toLowerCase().replaceAll(' ', '')}-01`;
  const body = Buffer.from(
    JSON.stringify({
      schemaVersion: 1,
      requestId,
      timestamp: new Date(timeMs).toISOString(),
      deployment,
      model,
      stream: isStream,
      status,
      backend: account,
      backendMs: durationMs + 10,
      subscriptionId: `sub-chat-${String(consumer).padStart(2, '0')}`,
      productId: products[consumer % products.length],
      appId: guid(draws(-1 - consumer)),
      ...(status === 200 && {
        usage: {
          prompt_tokens: prompt,
          completion_tokens: completion,
          total_tokens: prompt + completion,
        },
      }),
      headers: {
        'x-ms-region': region,
        'x-request-id': guid(draw),
        'x-ratelimit-remaining-requests': String(draw() % 60),
        'x-ratelimit-remaining-tokens': String(draw() % 120_000),
      },
    }),
  );
  const hasRow = number % missingEvery !== missingEvery - 1;
  const requestTicks = unixEpochTicks + BigInt(timeMs) * ticksPerMs;
  const row = hasRow && {
    TimeGenerated: new Date(timeMs + durationMs).toISOString(),
    Category: 'RequestResponse',
    OperationName: 'ChatCompletions_Create',
    ResultSignature: String(status),
    DurationMs: durationMs,
    CorrelationId: requestId,
    Resource: account.toUpperCase(),
    // Ticks are beyond 2^53, so the text is put together by hand, as the service does.
    properties_s: `{"apiName":"Azure OpenAI API version 2024-02-01","requestTime":${requestTicks},"requestLength":${prompt * 4},"responseTime":${requestTicks + BigInt(durationMs) * ticksPerMs},"responseLength":${completion * 4},"objectId":"${guid(draws(-1 - consumer))}","streamType":"${isStream ? 'Streaming' : 'Non-Streaming'}","modelDeploymentName":"${deployment}","modelName":"${model}","modelVersion":"${version}"}`,
  };
  return {partition: number % partitions, body, row: row || undefined};
}

/** Whole numbers from 0 to 2^32 - 1 that look random; the same ones for the same number. */
function draws(number: number): () => number {
  let state = Math.imul(number, 0x9e3779b1) ^ 0x5bd1e995;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let x = Math.imul(state ^ (state >>> 15), state | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return (x ^ (x >>> 14)) >>> 0;
  };
}

function guid(draw: () => number): string {
  const hex = [draw(), draw(), draw(), draw()].map((word) => word.toString(16).padStart(8, '0')).join('');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
