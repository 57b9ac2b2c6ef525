import {describe, expect, test} from 'vitest';

import {builtInShapes, createDecoder, salvageBytesMin} from './decode.ts';
import type {DecodedRecord} from './decode.ts';

const decoder = createDecoder({shapes: builtInShapes});
const enqueuedTimeMs = Date.UTC(2024, 4, 17, 12);

function decode(body: unknown): readonly DecodedRecord[] {
  return decoder.decode(body, enqueuedTimeMs);
}

/** An event of the workload's shape with this id. */
function object(requestId: string): Record<string, unknown> {
  return {
    schemaVersion: 1,
    requestId,
    timestamp: '2024-05-17T12:00:32.396Z',
    status: 200,
    usage: {prompt_tokens: 1, completion_tokens: 2, total_tokens: 3},
    headers: {'x-ms-region': 'East US'},
  };
}
function json(requestId: string): string {
  return JSON.stringify(object(requestId));
}

/** Ids of events and reasons of dead letters, in order. */
function outline(records: readonly DecodedRecord[]): (string | undefined)[] {
  return records.map((record) => {
    if (record.kind === 'event') return record.event.requestId;
    return record.kind === 'malformed' ? record.reason : record.kind;
  });
}

describe('a body that the gateway cut', () => {
  /** Torn in a prompt, behind the fields that matter. */
  function cut(fields: Record<string, unknown>, bytes = 200_000): Buffer {
    const whole = Buffer.from(JSON.stringify({...fields, prompt: 'ü'.repeat(bytes)}));
    return whole.subarray(0, bytes);
  }

  test('counts with its tokens unknown', () => {
    const expected = {
      kind: 'event',
      event: {
        requestId: 'a',
        region: 'eastus',
        status: 200,
        promptTokens: undefined,
        totalTokens: undefined,
        tokenSource: 'unknown',
        missing: ['truncated'],
      },
    };
    expect(decode(cut(object('a')))).toMatchObject([expected]);
    // One byte further the last character is cut in two.
    expect(decode(cut(object('a'), 200_001))).toMatchObject([expected]);
    expect(decode(cut(object('a')).toString('latin1'))).toMatchObject([expected]);
  });

  test('counts by its id or by its region alone', () => {
    expect(decode(cut({requestId: 'a'}))).toMatchObject([
      {event: {requestId: 'a', region: 'unknown', eventTimeMs: enqueuedTimeMs}},
    ]);
    expect(decode(cut({headers: {'x-ms-region': 'East US'}}))).toMatchObject([
      {event: {requestId: undefined, region: 'eastus'}},
    ]);
    expect(decode(cut({weirSchema: 1, apimRequestId: 'b'}))).toMatchObject([
      {event: {requestId: 'b', shape: 'weir'}},
    ]);
  });

  test('is a dead letter without both, or when it is shorter than the limit', () => {
    expect(outline(decode(cut({timestamp: '2024-05-17T12:00:32.396Z'})))).toEqual(['truncated']);
    expect(outline(decode(cut({})))).toEqual(['truncated']);
    expect(outline(decode(cut(object('a'), salvageBytesMin)))).toEqual(['a']);
    expect(outline(decode(cut(object('a'), salvageBytesMin - 1)))).toEqual(['truncated']);
  });

  test('keeps the whole elements before the torn one', () => {
    const elements = Array.from({length: 2_000}, (_, n) => json(`id-${n}`)).join(',');
    const bytes = Buffer.from(`[${elements}]`).subarray(0, 200_000);
    const records = decode(bytes);
    const last = records.at(-1);
    const someTruncated: unknown = expect.arrayContaining(['truncated']);
    expect(records.length).toBeGreaterThan(900);
    expect(
      records.slice(0, -1).every((record) => record.kind === 'event' && record.event.totalTokens === 3),
    ).toBe(true);
    expect(last).toMatchObject({kind: 'event', event: {totalTokens: undefined, missing: someTruncated}});

    const wrapped = Buffer.from(`{"records":[${elements}]}`).subarray(0, 200_000);
    expect(decode(wrapped).at(-1)).toMatchObject({kind: 'event', event: {missing: someTruncated}});
    const lines = Buffer.from(elements.replaceAll('},{', '}\n{')).subarray(0, 200_000);
    expect(decode(lines).at(-1)).toMatchObject({kind: 'event', event: {missing: someTruncated}});
  });

  test('between two elements lost the rest', () => {
    const elements = Array.from({length: 2_000}, (_, n) => json(`id-${n}`));
    const records = decode(`[${elements.join(',')},`);
    expect(records).toHaveLength(2_001);
    expect(records.at(-1)).toEqual({kind: 'malformed', reason: 'truncated'});
  });
});
