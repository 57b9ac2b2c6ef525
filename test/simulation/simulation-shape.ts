import {asHalf} from '../../packages/pipeline/src/decode/half-record.ts';
import {callKey} from '../../packages/pipeline/src/decode/call-key.ts';
import {callTexts} from '../../packages/pipeline/src/decode/call-texts.ts';
import {readRecord} from '../../packages/pipeline/src/decode/event-record.ts';
import type {DecodedRecord, PartKind} from '../../packages/pipeline/src/decode/gateway-event.ts';
import {MissingFields} from '../../packages/pipeline/src/decode/missing-fields.ts';
import type {JsonObject, Shape} from '../../packages/pipeline/src/decode/shape.ts';
import {readUsage} from '../../packages/pipeline/src/decode/tokens.ts';
import type {TrueCall, TrueHalf} from './truth.ts';
import {usageOf} from './usage.ts';

const name = 'simulation';

/**
 * The simulation's own shape: the parts of a call by an own id, and calls that tell whose token counts theirs are. No
 * built-in shape of halves has an id that diagnostics could come for.
 */
export const simulationShape: Shape = {
  name,
  description: 'The parts of a simulated call.',
  tells: 'halves',
  lacks: ['model', 'product'],
  requiredKeys: ['told', 'callId'],
  recognise: (object) => object['told'] !== undefined,
  read,
  texts: (object, event) => callTexts({prompt: object['said']}, event),
};

function read(object: JsonObject, enqueuedTimeMs: number): DecodedRecord {
  const missing = new MissingFields();
  const record = readRecord(
    {
      requestId: object['requestId'],
      time: object['time'],
      status: object['status'],
      region: object['region'],
      deployment: object['deployment'],
      consumer: object['consumer'],
      stream: object['stream'],
      tokens: readUsage(object['usage'], missing),
      remainingRequests: object['remainingRequests'],
      remainingTokens: object['remainingTokens'],
    },
    {shape: name, enqueuedTimeMs, missing},
  );
  const {told, callId} = object;
  if (told === 'request' || told === 'response' || told === 'error')
    return asHalf(record, callId, told satisfies PartKind);
  const tokensOf = callKey(name, object['tokensOf']);
  return record.kind === 'malformed' || tokensOf === undefined ? record : {...record, tokensOf};
}

/** What the caller asked is in the request, what came of it in the response or error. */
export function objectOfHalf({part, call, eventTimeMs, hasCounts}: TrueHalf): object {
  const common = {told: part, callId: `call-${call.slot}`, time: new Date(eventTimeMs).toISOString()};
  if (part === 'request')
    return {
      ...common,
      deployment: call.deployment,
      consumer: call.consumer,
      stream: call.stream,
      said: 'Hello',
    };
  return {
    ...common,
    requestId: call.requestId ?? '',
    region: call.region,
    ...(hasCounts && {usage: usageOf(call.slot)}),
    ...(part === 'error'
      ? {status: errorStatus}
      : {
          status: call.status,
          ...remainingOf(call),
        }),
  };
}

/** A whole call that tells whose counts its are. */
export function objectOfTeller(call: TrueCall, tokensOf: number): object {
  return {
    told: 'call',
    callId: `call-${call.slot}`,
    tokensOf: `counts-${tokensOf}`,
    time: new Date(call.eventTimeMs).toISOString(),
    requestId: call.requestId ?? '',
    region: call.region,
    status: call.status,
    deployment: call.deployment,
    consumer: call.consumer,
    stream: call.stream,
    usage: usageOf(tokensOf),
    ...remainingOf(call),
  };
}

function remainingOf({remaining}: TrueCall): object {
  if (remaining === undefined) return {};
  return {remainingRequests: String(remaining.requests), remainingTokens: String(remaining.tokens)};
}

/** What an error half says the caller got. */
export const errorStatus = 502;
