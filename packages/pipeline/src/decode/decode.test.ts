import {gzipSync} from 'node:zlib';

import {describe, expect, test} from 'vitest';

import {
  apimCommaJoinedShape,
  builtInShapes,
  createDecoder,
  deadLetterReasons,
  describeMalformed,
  recordsMax,
  unpackedBytesMax,
} from './decode.ts';
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

describe('one event is found in', () => {
  test.each<[string, unknown]>([
    ['bytes', Buffer.from(json('a'))],
    ['a plain Uint8Array', new TextEncoder().encode(json('a'))],
    ['a view into a larger buffer', Buffer.from(`xx${json('a')}yy`).subarray(2, -2)],
    ['bytes after a byte order mark', Buffer.from(`\ufeff${json('a')}`)],
    ['text after a byte order mark', `\ufeff${json('a')}`],
    ['bytes that need two per character', Buffer.from(JSON.stringify({...object('a'), note: 'ü\ufffd😀'}))],
    ['gzip', gzipSync(json('a'))],
    ['gzip of text with a byte order mark', gzipSync(`\ufeff${json('a')}`)],
    ['text', json('a')],
    ['text between blanks', `\r\n ${json('a')}\n`],
    ['an indented document', JSON.stringify(object('a'), null, 2)],
    ['an object of an AMQP value', object('a')],
    ['an array', [object('a')]],
    ['a sequence section', [[object('a')]]],
    ['a sequence of bytes', [Buffer.from(json('a'))]],
    ['a records wrapper', JSON.stringify({records: [object('a')]})],
    ['a records wrapper of texts', JSON.stringify({records: [json('a')]})],
    [
      'a records wrapper with other fields',
      JSON.stringify({schemaVersion: 1, timestamp: '', records: [object('a')]}),
    ],
    ['wrappers in an array', JSON.stringify([{records: [object('a')]}])],
    ['JSON in a JSON string', JSON.stringify(json('a'))],
    ['bytes of JSON in a JSON string', Buffer.from(JSON.stringify(json('a')))],
  ])('%s', (_, body) => {
    expect(outline(decode(body))).toEqual(['a']);
  });
});

describe('several events are found in', () => {
  test.each<[string, unknown]>([
    ['an array', `[${json('a')},${json('b')}]`],
    ['a records wrapper', JSON.stringify({records: [object('a'), json('b')]})],
    ['lines', `${json('a')}\n${json('b')}`],
    ['lines with blank ones and carriage returns', `\n${json('a')}\r\n\r\n${json('b')}\r\n`],
    ['lines of arrays', `[${json('a')}]\n[${json('b')}]`],
    ['lines in gzip', gzipSync(`${json('a')}\n${json('b')}\n`)],
    ['several sequence sections', [[object('a')], [object('b')]]],
    ['lines in a JSON string', JSON.stringify(`${json('a')}\n${json('b')}`)],
  ])('%s', (_, body) => {
    expect(outline(decode(body))).toEqual(['a', 'b']);
  });
});

describe('a dead letter is made of', () => {
  test.each<[string, unknown]>([
    ['empty', Buffer.alloc(0)],
    ['empty', ''],
    ['empty', ' \r\n\t'],
    ['empty', '\ufeff'],
    ['empty', null],
    ['empty', undefined],
    ['empty', '[]'],
    ['empty', []],
    ['empty', '{"records":[]}'],
    ['empty', gzipSync('')],
    ['empty', JSON.stringify('')],
    ['not JSON', 'health probe ok'],
    ['not JSON', '<html><body>502 Bad Gateway</body></html>'],
    ['not JSON', '[object Object]'],
    ['not JSON', "{'single':'quotes'}"],
    ['not JSON', 'undefined'],
    ['not JSON', '5/24/2024 2:45:56 PM,apim,e1,10.0.0.4,op'],
    ['not JSON', `${json('a')}${json('b')}`],
    ['not JSON', `[1,2]${json('a')}`],
    ['not UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d])],
    ['not UTF-8', Buffer.concat([Buffer.from(json('a')), Buffer.from([0xe2, 0x82])])],
    ['not UTF-8', Buffer.from(`\ufeff${json('a')}`, 'utf16le')],
    ['truncated', json('a').slice(0, -1)],
    ['truncated', json('a').slice(0, 20)],
    ['truncated', `[${json('a')},`],
    ['truncated', JSON.stringify(object('a'), null, 2).slice(0, -2)],
    ['truncated', Buffer.from('{"a":"😀').subarray(0, -1)],
    ['bad gzip', Buffer.from([0x1f, 0x8b])],
    ['bad gzip', gzipSync(json('a')).subarray(0, -20)],
    ['bad gzip', Buffer.concat([Buffer.from([0x1f, 0x8b]), Buffer.from(json('a'))])],
    ['not an object', '5'],
    ['not an object', 'null'],
    ['not an object', 'true'],
    ['not an object', '"text"'],
    ['not an object', JSON.stringify(JSON.stringify(json('a')))],
    ['not an object', 5],
    ['not an object', false],
    ['not an object', 5n],
    ['not an object', JSON.stringify([[[[object('a')]]]])],
    ['unknown shape', '{}'],
    ['unknown shape', '{"records":{}}'],
    ['bad request id', JSON.stringify({...object('a'), requestId: 564})],
  ])('%s (%#)', (reason, body) => {
    expect(outline(decode(body))).toEqual([reason]);
  });
});

describe('a bad element spoils no neighbour', () => {
  test('in an array', () => {
    const body = JSON.stringify([
      object('a'),
      5,
      null,
      'x',
      '',
      [],
      {},
      {...object('b'), status: 'oops'},
      object('c'),
    ]);
    expect(outline(decode(body))).toEqual([
      'a',
      'not an object',
      'not an object',
      'not an object',
      'empty',
      'empty',
      'unknown shape',
      'bad status',
      'c',
    ]);
  });

  test('in lines', () => {
    const torn = json('b').slice(0, 60);
    expect(outline(decode(`${json('a')}\nprobe\n${torn}\n${json('c')}\n`))).toEqual([
      'a',
      'not JSON',
      'truncated',
      'c',
    ]);
    expect(outline(decode(`probe\n${json('c')}`))).toEqual(['not JSON', 'c']);
  });
});

test('a torn document over several lines is one record', () => {
  const text = JSON.stringify({records: [{a: {}}, {b: 1}], more: []}, null, 1);
  expect(outline(decode(text.slice(0, -4)))).toEqual(['truncated']);
});

test('a body of more records than the limit ends in one dead letter', () => {
  const body = (count: number) => `[${Array.from({length: count}, () => json('a')).join(',')}]`;
  expect(decode(body(recordsMax))).toHaveLength(recordsMax);
  expect(decode(body(recordsMax)).at(-1)).toMatchObject({kind: 'event'});
  const records = decode(body(recordsMax + 5));
  expect(records).toHaveLength(recordsMax + 1);
  expect(records.at(-1)).toEqual({kind: 'malformed', reason: 'too many records'});
  expect(decode(`${json('a')}\n`.repeat(recordsMax + 5))).toHaveLength(recordsMax + 1);
});

test('gzip is unpacked up to its limit', () => {
  const padded = (bytes: number) => gzipSync(json('a').padEnd(bytes, ' '));
  expect(outline(decode(padded(unpackedBytesMax)))).toEqual(['a']);
  expect(outline(decode(padded(unpackedBytesMax + 1)))).toEqual(['too large']);
});

describe('hostile keys', () => {
  test('do no harm', () => {
    const body = `{"__proto__":{"requestId":"x"},"constructor":1,"toString":2,"hasOwnProperty":3,${json('a').slice(1)}`;
    expect(outline(decode(body))).toEqual(['a']);
    expect(({} as Record<string, unknown>)['requestId']).toBeUndefined();
  });

  test('are no fields', () => {
    const body = '{"__proto__":{"schemaVersion":1,"requestId":"x","status":200,"headers":{}}}';
    expect(outline(decode(body))).toEqual(['unknown shape']);
  });
});

test('bombs of depth end as dead letters', () => {
  const depth = 500_000;
  expect(outline(decode('['.repeat(depth)))).toEqual(['not JSON']);
  expect(outline(decode('['.repeat(depth) + ']'.repeat(depth)))).toEqual(['not an object']);
  expect(outline(decode('{"a":'.repeat(depth) + '1' + '}'.repeat(depth)))).toEqual(['unknown shape']);
  expect(outline(decode('{"records":['.repeat(depth / 10) + ']}'.repeat(depth / 10)))).toEqual([
    'not an object',
  ]);
});

describe('an unknown shape', () => {
  test('names the closest one and what it lacks', () => {
    const [record] = decode('{"requestId":"secret-id","timestamp":"2024-05-17T12:00:32Z","secret-key":1}');
    expect(record).toEqual({
      kind: 'malformed',
      reason: 'unknown shape',
      shape: 'workload',
      lacks: ['schemaVersion', 'status', 'headers'],
    });
  });

  test('is never closest to one that is skipped', () => {
    const [record] = decode('{"entityCategories":{},"mappings":[]}');
    expect(record).toMatchObject({reason: 'unknown shape', shape: 'weir'});
  });

  test('is described without a word of the body', () => {
    const [record] = decode('{"requestId":"secret-id","secret-key":1}');
    if (record?.kind !== 'malformed') throw new Error('a dead letter was expected');
    expect(describeMalformed(record)).toBe(
      'unknown shape (closest is workload, which also has schemaVersion, timestamp, status, headers)',
    );
    expect(describeMalformed({kind: 'malformed', reason: 'empty'})).toBe('empty');
    expect(describeMalformed({kind: 'malformed', reason: 'bad time', shape: 'weir'})).toBe(
      'bad time (shape weir)',
    );
  });
});

test('shapes of others are read, and may skip', () => {
  const own = createDecoder({
    shapes: [
      {
        name: 'pii',
        description: 'Of somebody else.',
        tells: 'nothing',
        lacks: [],
        requiredKeys: ['pii'],
        recognise: (candidate) => Object.hasOwn(candidate, 'pii'),
        read: () => ({kind: 'skipped', shape: 'pii'}),
      },
      ...builtInShapes,
    ],
  });
  expect(outline(own.decode(`[{"pii":1},${json('a')},{"pii":2}]`, enqueuedTimeMs))).toEqual([
    'skipped',
    'a',
    'skipped',
  ]);
});

test('a text shape takes its own texts; JSON, lines of it and torn JSON are read as without it', () => {
  const asked = createDecoder({shapes: builtInShapes, textShapes: [apimCommaJoinedShape]});
  const joined = '5/17/2024 1:15:00 PM,apim,e1,127.0.0.1,chat';
  expect(asked.decode(Buffer.from(joined), enqueuedTimeMs)).toMatchObject([
    {event: {shape: 'apim-comma-joined'}},
  ]);
  expect(outline(asked.decode(Buffer.from(`${joined}\n${json('a')}`), enqueuedTimeMs))).toEqual([
    undefined,
    'a',
  ]);
  for (const text of ['1', ' true', '"a text"', `x\n${json('a')}`, '[1,2,3,1.2.3.4', '', ' ,']) {
    expect(asked.decode(Buffer.from(text), enqueuedTimeMs)).toEqual(decode(text));
  }
});

test('a hub that mixes shapes is decoded alike whatever came before', () => {
  const both = JSON.stringify({...object('a'), weirSchema: 1, apimRequestId: 'b'});
  const first = decode(both);
  decode(json('a'));
  expect(decode(both)).toEqual(first);
});

test('reasons are a closed set without repeats', () => {
  expect(new Set(deadLetterReasons).size).toBe(deadLetterReasons.length);
});
