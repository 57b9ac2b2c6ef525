import {createHash} from 'node:crypto';
import type {DiagnosticsRow, StoredDocument} from '@weir/pipeline';
import {lengthMs, type ExpectedRecord, type Outcome} from './oracle.ts';
import type {RunPlan} from './plan.ts';
import type {TrueCall} from './truth.ts';
import {tokenOf} from './usage.ts';

const dimensionNames = [
  'region',
  'deployment',
  'model',
  'modelVersion',
  'streamType',
  'consumer',
  'product',
  'principal',
] as const;
const bounds = [250, 500, 1000, 2000, 4000, 8000, 16_000, 32_000, 64_000, Infinity];

/** One aggregate document as arithmetic says it must be. */
export interface ExpectedDocument {
  readonly id: string;
  readonly pk: string;
  readonly view: string;
  readonly grain: keyof typeof lengthMs;
  readonly startMs: number;
  /** In the order of the eight names. */
  readonly dimensions: readonly string[];
  readonly fields: Record<string, number>;
  readonly durations: number[];
}

export class ExpectedDocuments {
  readonly byId = new Map<string, ExpectedDocument>();
  readonly #plan: RunPlan;

  constructor(plan: RunPlan) {
    this.#plan = plan;
  }

  arrived(record: ExpectedRecord): void {
    for (const view of this.#plan.views) if (view.on === 'arrival') this.#count(view, record, undefined);
  }

  resolved(record: ExpectedRecord, outcome: Outcome): void {
    for (const view of this.#plan.views) if (view.on === 'resolved') this.#count(view, record, outcome);
  }

  #count(view: RunPlan['views'][number], {call, timeMs}: ExpectedRecord, outcome: Outcome | undefined): void {
    const row = typeof outcome === 'object' ? outcome : undefined;
    const all = dimensionsOf(call, row);
    const dimensions = dimensionNames.map((name) => (view.groupBy.includes(name) ? all[name] : 'all'));
    for (const grain of view.windows) {
      const startMs = timeMs - (((timeMs % lengthMs[grain]) + lengthMs[grain]) % lengthMs[grain]);
      addCall(this.#document(view, {grain, startMs, dimensions}), call, outcome);
    }
  }

  #document(
    {name, shards}: RunPlan['views'][number],
    {
      grain,
      startMs,
      dimensions,
    }: {grain: keyof typeof lengthMs; startMs: number; dimensions: readonly string[]},
  ): ExpectedDocument {
    const digest = createHash('sha256').update(JSON.stringify(dimensions)).digest();
    const id = `${name}_${grain}_${startMs / 1000}_${digest.toString('base64url').slice(0, 22)}`;
    const iso = new Date(startMs).toISOString();
    const period = {'5m': iso.slice(0, 10), '1h': iso.slice(0, 7), '1d': iso.slice(0, 4)}[grain];
    const pk = `${name}|${grain}|${period}${shards > 1 ? `|${digest.readUInt32BE(0) % shards}` : ''}`;
    let document = this.byId.get(id);
    if (document === undefined)
      this.byId.set(
        id,
        (document = {id, pk, view: name, grain, startMs, dimensions, fields: {}, durations: []}),
      );
    return document;
  }
}

export function dimensionsOf(
  call: TrueCall,
  row: DiagnosticsRow | undefined,
): Record<(typeof dimensionNames)[number], string> {
  const gatewaySays = call.stream === undefined ? 'unknown' : call.stream ? 'streaming' : 'non-streaming';
  return {
    region: call.region,
    deployment: call.deployment,
    model: row?.model ?? 'unknown',
    modelVersion: row?.modelVersion ?? 'unknown',
    streamType: row !== undefined && row.streamType !== 'unknown' ? row.streamType : gatewaySays,
    consumer: call.consumer,
    product: 'unknown',
    principal: 'unknown',
  };
}

function addCall({fields, durations}: ExpectedDocument, call: TrueCall, outcome: Outcome | undefined): void {
  const add = (field: string, amount = 1): void => void (fields[field] = (fields[field] ?? 0) + amount);
  const least = (field: string, value: number): void =>
    void (fields[field] = Math.min(fields[field] ?? Infinity, value));
  add('requests');
  add(call.status < 400 ? 'succeeded' : call.status === 429 ? 'throttled' : 'failed');
  if (call.isWithoutTokens === true) add('requestsTokensUnknown');
  else {
    add('requestsTokensReported');
    const {field, amount} = tokenOf(call.slot);
    add(field, amount);
  }
  if (call.remaining !== undefined) {
    add('headroomSamples');
    least('remainingRequestsMin', call.remaining.requests);
    least('remainingTokensMin', call.remaining.tokens);
  }
  if (outcome === undefined) return;
  add(outcome === 'unmatched' ? 'unmatched' : 'matched');
  if (outcome === 'unmatched' || outcome.durationMs === undefined) return;
  const {durationMs} = outcome;
  durations.push(durationMs);
  add('durationCount');
  add('durationMsSum', durationMs);
  least('durationMsMin', durationMs);
  fields['durationMsMax'] = Math.max(fields['durationMsMax'] ?? 0, durationMs);
  for (const bound of bounds) if (durationMs <= bound) add(`durationLe${bound === Infinity ? 'Inf' : bound}`);
}

const comparedFields = [
  'requests',
  'succeeded',
  'throttled',
  'failed',
  'matched',
  'unmatched',
  'promptTokens',
  'completionTokens',
  'totalTokens',
  'cachedTokens',
  'reasoningTokens',
  'requestsTokensReported',
  'requestsTokensEstimated',
  'requestsTokensUnknown',
  'durationCount',
  'durationMsSum',
  'durationMsMin',
  'durationMsMax',
  ...bounds.map((bound) => `durationLe${bound === Infinity ? 'Inf' : bound}`),
  'remainingRequestsMin',
  'remainingTokensMin',
  'headroomSamples',
  'costMicros',
  'requestsUnpriced',
];

function identityOf({
  pk,
  view,
  grain,
  startMs,
  dimensions,
}: ExpectedDocument): Record<string, string | number> {
  const start = new Date(startMs);
  const iso = start.toISOString();
  const windowEnd = new Date(startMs + lengthMs[grain]).toISOString();
  const ofDimensions = Object.fromEntries(dimensionNames.map((name, i) => [name, dimensions[i] ?? '']));
  const weekday = ((start.getUTCDay() + 6) % 7) + 1;
  return {
    pk,
    view,
    grain,
    windowStart: iso,
    windowEnd,
    date: iso.slice(0, 10),
    hour: start.getUTCHours(),
    weekday,
    ...ofDimensions,
  };
}

/** @returns what differs, empty when the document is right */
export function differences(expected: ExpectedDocument, document: StoredDocument | undefined): string[] {
  if (document === undefined) return ['it is missing'];
  const wrong: string[] = [];
  for (const [field, wanted] of Object.entries(identityOf(expected)))
    if (document[field] !== wanted) wrong.push(`${field} is ${document[field]}, not ${wanted}`);
  for (const field of comparedFields) {
    const wanted = expected.fields[field] ?? 0;
    if (document[field] !== wanted) wrong.push(`${field} is ${document[field]}, not ${wanted}`);
  }
  const {durationMsSum = 0, durationCount = 0} = expected.fields;
  const mean = durationCount === 0 ? 0 : durationMsSum / durationCount;
  if (document['durationMsMean'] !== mean)
    wrong.push(`durationMsMean is ${document['durationMsMean']}, not ${mean}`);
  const sorted = [...expected.durations].sort((a, b) => a - b);
  for (const percent of [50, 90, 95, 99]) {
    const wanted = sorted[Math.floor((percent / 100) * (sorted.length - 1))] ?? 0;
    const found = Number(document[`durationMsP${percent}`]);
    if (!(Math.abs(found - wanted) <= wanted * 0.01 + 1e-9))
      wrong.push(`durationMsP${percent} is ${found}, not ${wanted}`);
  }
  return wrong;
}
