import {gzipSync} from 'node:zlib';
import {gatewayEvent, requestIdOf, timeOf} from './calls.ts';

type Changes = Readonly<Record<string, unknown>>;

/** One body that no well-behaved gateway sends, and what must become of it. */
export interface BadInput {
  readonly name: string;
  /** As the hub holds it: bytes are a data section. `number` names the event in it. */
  readonly body: (number: number) => Uint8Array | {readonly value: unknown};
  /** The events that are read from it, written as the rules want them. */
  readonly reads?: (number: number) => readonly Changes[];
  /** The dead letters it becomes: index in the body, reason and layer. */
  readonly deadLetters?: readonly {readonly index: number; readonly reason: string; readonly layer: string}[];
}

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
const asItIs = (number: number): Changes[] => [gatewayEvent(number)];
const decodeLetter = (reason: string, index = 0) => [{index, reason, layer: 'decode'}];
/** More numbers than there are cases, so that second events of a body have their own. */
const second = 100;
/** API Management cuts messages there. */
const cutBytes = 200_000;
const dayMs = 86_400_000;

/** Read as an event that has an id of its own, because it cannot be joined or deduplicated by the one it brought. */
const withoutId = (number: number): Changes[] => [
  gatewayEvent(number, {requestId: requestIdOf(number + second)}),
];

function withProto(number: number): Buffer {
  const text = JSON.stringify(gatewayEvent(number));
  return Buffer.from(
    `{"__proto__":{"status":500,"isAdmin":true},"constructor":{"prototype":{"model":"x"}},${text.slice(1)}`,
  );
}

function usDate(date: Date): string {
  const hour = date.getUTCHours();
  const two = (value: number): string => String(value).padStart(2, '0');
  return (
    `${date.getUTCMonth() + 1}/${date.getUTCDate()}/${date.getUTCFullYear()} ` +
    `${hour % 12 === 0 ? 12 : hour % 12}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())} ${hour < 12 ? 'AM' : 'PM'}`
  );
}

export const badInputs: readonly BadInput[] = [
  {name: 'not JSON', body: () => Buffer.from('health probe ok'), deadLetters: decodeLetter('not JSON')},
  {
    name: 'truncated',
    body: (number) => json(gatewayEvent(number)).subarray(0, 60),
    deadLetters: decodeLetter('truncated'),
  },
  {name: 'empty', body: () => Buffer.alloc(0), deadLetters: decodeLetter('empty')},
  {name: 'a number', body: () => json(42), deadLetters: decodeLetter('not an object')},
  {name: 'null', body: () => json(null), deadLetters: decodeLetter('not an object')},
  {name: 'an empty array', body: () => json([]), deadLetters: decodeLetter('empty')},
  {
    name: 'with a byte order mark',
    body: (number) => Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), json(gatewayEvent(number))]),
    reads: asItIs,
  },
  {name: 'gzip', body: (number) => gzipSync(json(gatewayEvent(number))), reads: asItIs},
  {
    name: 'torn gzip',
    body: (number) => gzipSync(json(gatewayEvent(number))).subarray(0, 80),
    deadLetters: decodeLetter('bad gzip'),
  },
  {
    name: 'an array with a bad element',
    body: (number) => json([gatewayEvent(number), 7, gatewayEvent(number + second)]),
    reads: (number) => [gatewayEvent(number), gatewayEvent(number + second)],
    deadLetters: decodeLetter('not an object', 1),
  },
  {
    name: 'NDJSON',
    body: (number) =>
      Buffer.from(`${String(json(gatewayEvent(number)))}\n${String(json(gatewayEvent(number + second)))}\n`),
    reads: (number) => [gatewayEvent(number), gatewayEvent(number + second)],
  },
  {
    name: 'a records wrapper',
    body: (number) => json({records: [gatewayEvent(number), gatewayEvent(number + second)]}),
    reads: (number) => [gatewayEvent(number), gatewayEvent(number + second)],
  },
  {name: 'a map in an AMQP value section', body: (number) => ({value: gatewayEvent(number)}), reads: asItIs},
  {
    name: 'a text in an AMQP value section',
    body: (number) => ({value: JSON.stringify(gatewayEvent(number))}),
    reads: asItIs,
  },
  {
    name: 'a number for the id',
    body: (number) => json(gatewayEvent(number, {requestId: 564})),
    deadLetters: decodeLetter('bad request id'),
  },
  {
    name: 'numbers for dimensions',
    body: (number) => json(gatewayEvent(number, {deployment: 5, productId: 7})),
    reads: (number) => [gatewayEvent(number, {deployment: '', productId: ''})],
  },
  {
    name: 'a text for the status',
    body: (number) => json(gatewayEvent(number, {status: 'OK'})),
    deadLetters: decodeLetter('bad status'),
  },
  {
    name: 'digits for the status',
    body: (number) => json(gatewayEvent(number, {status: '429'})),
    reads: (number) => [gatewayEvent(number, {status: 429})],
  },
  {
    name: 'a text for the headers',
    body: (number) => json(gatewayEvent(number, {headers: 'x-ms-region: East US'})),
    deadLetters: decodeLetter('bad headers'),
  },
  {
    name: 'a date in US text form',
    body: (number) => json(gatewayEvent(number, {timestamp: usDate(timeOf(number))})),
    reads: asItIs,
  },
  {
    name: 'a time that is none',
    body: (number) => json(gatewayEvent(number, {timestamp: 'yesterday'})),
    deadLetters: decodeLetter('bad time'),
  },
  {
    name: 'an id with quotes',
    body: (number) => json(gatewayEvent(number, {requestId: `a"b'; | union * //`})),
    reads: withoutId,
  },
  {
    name: 'an id of 10 kB',
    body: (number) => json(gatewayEvent(number, {requestId: 'a'.repeat(10_240)})),
    reads: withoutId,
  },
  {
    name: 'a day ahead',
    body: (number) => json(gatewayEvent(number, {timestamp: new Date(Date.now() + dayMs).toISOString()})),
    deadLetters: [{index: 0, reason: 'too early', layer: 'assign'}],
  },
  {
    name: 'the year 9999',
    body: (number) => json(gatewayEvent(number, {timestamp: '9999-12-31T23:59:59.999Z'})),
    deadLetters: decodeLetter('bad time'),
  },
  {
    name: 'the year 1970',
    body: (number) => json(gatewayEvent(number, {timestamp: '1970-01-01T00:00:00.000Z'})),
    deadLetters: decodeLetter('bad time'),
  },
  {
    name: 'twenty years ago',
    body: (number) => json(gatewayEvent(number, {timestamp: '2006-05-17T13:20:00.000Z'})),
    reads: (number) => [gatewayEvent(number, {timestamp: '2006-05-17T13:20:00.000Z'})],
  },
  {
    name: '250 kB',
    body: (number) => json(gatewayEvent(number, {requestBody: 'x'.repeat(250_000)})),
    reads: asItIs,
  },
  {
    name: 'cut at 200 kB',
    body: (number) => json(gatewayEvent(number, {requestBody: 'x'.repeat(250_000)})).subarray(0, cutBytes),
    reads: (number) => [gatewayEvent(number, {usage: null})],
  },
  {name: '__proto__ beside a good event', body: withProto, reads: asItIs},
  {
    name: 'only __proto__',
    body: () => Buffer.from('{"__proto__":{"requestId":"x","status":200,"headers":{}}}'),
    deadLetters: decodeLetter('unknown shape'),
  },
  {name: 'another object', body: () => json({level: 'info'}), deadLetters: decodeLetter('unknown shape')},
  {
    name: 'not UTF-8',
    body: (number) =>
      Buffer.concat([Buffer.from('{"requestId":"'), Buffer.from([0xff, 0xfe, 0x80]), json(number)]),
    deadLetters: decodeLetter('not UTF-8'),
  },
  {
    name: 'brackets 100,000 deep',
    body: () => Buffer.from('['.repeat(100_000) + ']'.repeat(100_000)),
    deadLetters: decodeLetter('not an object'),
  },
];
