import {describeDecoded, type DecodedLine, type DescribedRecord} from '@weir/pipeline';
import {expect, test} from 'vitest';
import {decodeLines, decoderFor, estimatedLines, readCorpus} from '../../../../test/shapes/corpus.ts';
import {DescribedStream} from './described-stream.ts';

function describeAll(stream: DescribedStream, lines: readonly DecodedLine[]): DescribedRecord[] {
  return [...lines.flatMap((line) => stream.add(line)), ...stream.end()];
}

test.each(readCorpus().map((corpusCase) => [`${corpusCase.folder}/${corpusCase.name}`, corpusCase] as const))(
  'line by line %s is described as all at once',
  async (_, corpusCase) => {
    const lines = await estimatedLines(corpusCase);
    expect(describeAll(new DescribedStream(), lines)).toEqual(corpusCase.expected);
  },
);

const plain = readCorpus().find(({name}) => name === 'several-ids-in-one-header')!;
const halves = {
  request: (id: string) => ({
    'event-type': 'Request',
    'event-time': '2024-05-17T12:00:00Z',
    'message-id': id,
  }),
  response: (id: string) => ({
    'event-type': 'Response',
    'event-time': '2024-05-17T12:00:02Z',
    'message-id': id,
  }),
};

function decoded(...objects: object[]): DecodedLine[] {
  return decodeLines(
    decoderFor(plain),
    objects.map((object) => JSON.stringify(object)),
  );
}

test('without calls in parts nothing is held back', () => {
  const stream = new DescribedStream();
  for (const line of decodeLines(decoderFor(plain), plain.lines)) {
    expect(stream.add(line)).toHaveLength(line.records.length);
  }
  expect(stream.end()).toEqual([]);
});

test('what stands behind the first part of a call waits for the other parts', () => {
  const stream = new DescribedStream();
  const [request, skipped, response] = decoded(
    halves.request('a'),
    {type: 'PII_Processing'},
    halves.response('a'),
  );
  expect([stream.add(request!), stream.add(skipped!), stream.add(response!)]).toEqual([[], [], []]);
  expect(stream.end()).toMatchObject([
    {line: 1, event: {parts: [1, 3]}},
    {line: 2, outcome: 'skipped'},
  ]);
});

test('parts of one call that are more than the limit apart are shown apart, and no more is held', () => {
  const between = Array.from({length: 3}, () => ({type: 'PII_Processing'}));
  const near = describeAll(
    new DescribedStream(5),
    decoded(halves.request('a'), ...between, halves.response('a')),
  );
  expect(near.map(({line, outcome}) => [line, outcome])).toEqual([
    [1, 'event'],
    [2, 'skipped'],
    [3, 'skipped'],
    [4, 'skipped'],
  ]);
  const far = describeAll(
    new DescribedStream(3),
    decoded(halves.request('a'), ...between, halves.response('a')),
  );
  expect(far.map(({line, outcome, reason}) => [line, outcome, reason])).toEqual([
    [1, 'deadLetter', 'incomplete'],
    [2, 'skipped', null],
    [3, 'skipped', null],
    [4, 'skipped', null],
    [5, 'event', null],
  ]);
});

test('many parts of one call count against the limit, too', () => {
  const stream = new DescribedStream(3);
  const shown = decoded(...Array.from({length: 4}, () => halves.response('a'))).flatMap((line) =>
    stream.add(line),
  );
  expect(shown).toMatchObject([{line: 1, event: {parts: [1, 2, 3, 4]}}]);
  expect(stream.end()).toEqual([]);
});

test('a long file of calls in parts is described as all at once, in order', () => {
  const lines = decoded(
    ...Array.from({length: 500}, (_, n) => [halves.request(`c${n}`), halves.response(`c${n - 7}`)]).flat(),
  );
  expect(describeAll(new DescribedStream(), lines)).toEqual(describeDecoded(lines));
});
