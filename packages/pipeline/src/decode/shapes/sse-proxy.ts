import {callTexts} from '../call-texts.ts';
import {readRecord} from '../event-record.ts';
import type {DecodedRecord} from '../gateway-event.ts';
import {MissingFields} from '../missing-fields.ts';
import type {JsonObject, Shape} from '../shape.ts';
import {readUsage} from '../tokens.ts';

const name = 'sse-proxy';

/**
 * hieumoscow/Function-SSE-Proxy: one event per stream. Its usage is null unless the client asked for it; its time has no
 * zone and is UTC. `latency_ms`, `time_to_first_chunk_ms` and `streaming_duration_ms` are the proxy's view and not read.
 */
export const sseProxyShape: Shape = {
  name,
  description:
    'hieumoscow/Function-SSE-Proxy: one event per stream, with its usage where the client asked for it.',
  tells: 'calls',
  lacks: ['requestId', 'deployment', 'consumer', 'product', 'status', 'remainingRequests', 'remainingTokens'],
  requiredKeys: ['type', 'model', 'usage', 'region', 'time_to_first_chunk_ms', 'timestamp'],
  recognise: (object) =>
    object['type'] === 'stream_completion' ||
    (object['time_to_first_chunk_ms'] !== undefined && object['streaming_duration_ms'] !== undefined),
  read,
  texts: (object, event) => callTexts({prompt: object['prompt'], completion: object['content']}, event),
};

function read(object: JsonObject, enqueuedTimeMs: number): DecodedRecord {
  const missing = new MissingFields();
  const tokens = readUsage(object['usage'], missing);
  return readRecord(
    {
      time: object['timestamp'],
      region: object['region'],
      model: object['model'],
      stream: true,
      tokens,
    },
    {shape: name, enqueuedTimeMs, missing},
  );
}
