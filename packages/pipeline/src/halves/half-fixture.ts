import {createDecoder, builtInShapes, type Decoder} from '../decode/decode.ts';
import {asHalf} from '../decode/half-record.ts';
import {readRecord} from '../decode/event-record.ts';
import {MissingFields} from '../decode/missing-fields.ts';
import type {PartKind} from '../decode/gateway-event.ts';
import type {Shape} from '../decode/shape.ts';
import {noTokens, reportedTokens} from '../decode/tokens.ts';
import {noonMs} from '../event-fixture.ts';
import type {ReceivedEvent} from '../ports.ts';

/** For tests: a shape that tells a call in halves, and the service's id with the response; no public gateway does both. */
const told: Shape = {
  name: 'told-in-halves',
  description: 'For tests.',
  tells: 'halves',
  lacks: [],
  requiredKeys: ['half', 'call'],
  recognise: (object) => object['half'] !== undefined,
  read(object, enqueuedTimeMs) {
    const missing = new MissingFields();
    const total = object['total'];
    const tokens =
      total === undefined ? noTokens : reportedTokens({prompt: 0, completion: total, total}, missing);
    const {id: requestId, region, consumer, status, time} = object;
    const record = readRecord(
      {requestId, region, consumer, status, time, tokens},
      {shape: 'told-in-halves', enqueuedTimeMs, missing},
    );
    return asHalf(record, object['call'], object['half'] as PartKind);
  },
};

export const decoder: Decoder = createDecoder({shapes: [told, ...builtInShapes]});

/** One half as it is received; by default enqueued a second for each sequence number after noon. */
export function half(
  sequenceNumber: number,
  kind: PartKind,
  fields: Readonly<Record<string, unknown>> & {readonly call: string},
  atMs = noonMs + sequenceNumber * 1000,
): ReceivedEvent {
  const outcome = {id: `id-${fields.call}`, region: 'eastus2', status: 200, total: 5};
  const body = {half: kind, ...(kind === 'request' ? {consumer: 'team'} : outcome), ...fields};
  return {sequenceNumber, offset: `o${sequenceNumber}`, enqueuedTimeMs: atMs, body: JSON.stringify(body)};
}
