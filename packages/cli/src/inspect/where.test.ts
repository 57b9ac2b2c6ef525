import * as fc from 'fast-check';
import {expect, test} from 'vitest';
import {parseWhere, WhereError, type Subject} from './where.ts';

const subject: Subject = {
  partition: '2',
  sequenceNumber: 137,
  offset: '9000',
  enqueuedTime: '2024-05-17T13:15:00.000Z',
  properties: {source: 'apim'},
  body: {headers: {'x-ms-region': 'East US', 'a.b': {c: 1}}, usage: {total: 12}, flag: true, nothing: null},
  reading: {
    shape: 'workload',
    outcome: 'event',
    reason: null,
    event: {region: 'eastus', status: 429, stream: false, model: null},
  },
};
const nearest = (word: string): string | undefined => (word === 'regio' ? 'region' : undefined);

test.each([
  ['region=eastus', true],
  ['region=eastus2', false],
  ['region==eastus', true],
  ['region!=eastus2', true],
  ['region~EAST', true],
  ['region!~west', true],
  ['status=429', true],
  ['status>=400 and status<500', true],
  ['status>429', false],
  ['status>9', true],
  ['stream=false', true],
  ['model=null', true],
  ['model!=null', false],
  ["model='null'", false],
  ['region!=null', true],
  ['body.headers.x-ms-region="East US"', true],
  ["body.headers.x-ms-region = 'East US' AND partition = 2", true],
  ['body.headers.a.b.c=1', true],
  ['body.usage.total>11', true],
  ['body.usage.absent>11', false],
  ['body.flag=true', true],
  ['body.nothing=null', true],
  ['body.__proto__.x=null', true],
  ['properties.source=apim', true],
  ['reading.event.status=429', true],
  ['outcome=event and reason=null and shape=workload', true],
  ['enqueuedTime>=2024-05-17T13:15', true],
  ['sequenceNumber<=136', false],
])('%s is %s', (text, expected) => {
  expect(parseWhere(text, nearest)(subject)).toBe(expected);
});

test.each([
  ['', 'ends where a condition is needed'],
  ['region', 'cannot be read from "region" on'],
  ['region=eastus and', 'cannot be read from "and" on'],
  ['region=eastus and ', 'ends where a condition is needed'],
  ['region=eastus or status=1', 'cannot be read from "or status=1" on'],
  ['regio=eastus', 'did you mean region?'],
  ['foo=1', 'body.foo'],
  ["region='eastus", 'cannot be read'],
])('%j is refused in words', (text, words) => {
  expect(() => parseWhere(text, nearest)).toThrow(words);
});

test('no text is anything but a condition or a WhereError', () => {
  const texts = fc.oneof(fc.string(), fc.stringMatching(/^[a-z.]{1,8}[=~<>!]{1,2}[a-z0-9'" ]{0,8}$/));
  fc.assert(
    fc.property(texts, (text) => {
      expect(['boolean', 'WhereError']).toContain(resultOf(text));
    }),
  );
});

function resultOf(text: string): string {
  try {
    return typeof parseWhere(text, nearest)(subject);
  } catch (error) {
    return error instanceof WhereError ? 'WhereError' : String(error);
  }
}
