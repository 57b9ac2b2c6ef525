import * as fc from 'fast-check';
import rhea from 'rhea';
import {expect, test} from 'vitest';
import {contentOfBody, contentOfMessage, contentsOfBatch, encodeEvent} from './event-content.ts';
import {MalformedMessageError} from './message-sections.ts';

const place = {sequenceNumber: 5_000_000_000, offset: '0:77', enqueuedTimeMs: 1_700_000_000_123};

test('a reader gets what was published, with its place and key', () => {
  const published = rhea.message.encode({
    body: rhea.message.data_section(Buffer.from('body')),
    durable: true,
    message_id: 'id',
    content_type: 'application/json',
    application_properties: {text: 'a', big: rhea.types.wrap_long(2 ** 40), flag: false},
    message_annotations: {'x-opt-partition-key': 'key', 'x-opt-offset': 'forged', 'x-custom': 'kept'},
  });
  const content = contentOfMessage(published);
  expect(content.partitionKey).toBe('key');
  const read = rhea.message.decode(encodeEvent(content, place));
  expect(read).toMatchObject({
    message_id: 'id',
    content_type: 'application/json',
    application_properties: {text: 'a', big: 2 ** 40, flag: false},
  });
  expect(read.message_annotations).toEqual({
    'x-opt-sequence-number': place.sequenceNumber,
    'x-opt-offset': place.offset,
    'x-opt-enqueued-time': new Date(place.enqueuedTimeMs),
    'x-opt-partition-key': 'key',
    'x-custom': 'kept',
  });
  expect(read.body.content).toEqual(Buffer.from('body'));
});

test('a batch is the messages in its data sections, under the key of the envelope', () => {
  const messages = ['one', 'two'].map((text) => rhea.message.encode({body: text}));
  const batch = rhea.message.encode({
    body: rhea.message.data_sections(messages),
    message_annotations: {'x-opt-partition-key': 'key'},
  });
  const {partitionKey, contents} = contentsOfBatch(batch);
  expect(partitionKey).toBe('key');
  expect(contents.map((content) => rhea.message.decode(content.sections).body)).toEqual(['one', 'two']);
});

test('bodies without AMQP become the section they name', () => {
  const read = (content: ReturnType<typeof contentOfBody>) =>
    rhea.message.decode(encodeEvent(content, place));
  expect(read(contentOfBody(Buffer.from('x'))).body.typecode).toBe(0x75);
  expect(read(contentOfBody({value: {a: 1}})).body).toEqual({a: 1});
  expect(read(contentOfBody({sequence: [1, 'two']})).body).toMatchObject({
    typecode: 0x76,
    content: [1, 'two'],
  });
  const withKey = read(contentOfBody(Buffer.from('x'), {partitionKey: 'k'.repeat(300), properties: {p: 1}}));
  expect(withKey.message_annotations['x-opt-partition-key']).toBe('k'.repeat(300));
  expect(withKey.application_properties).toEqual({p: 1});
});

test('bytes that are no message are malformed, whatever they are', () => {
  expect(() => contentOfMessage(Buffer.alloc(0))).toThrow(MalformedMessageError);
  const whole = rhea.message.encode({
    body: rhea.message.data_section(Buffer.alloc(300)),
    application_properties: {a: 'b'},
    message_annotations: {a: 'b'},
  });
  fc.assert(
    fc.property(fc.uint8Array({maxLength: 64}), fc.nat(whole.length - 1), (noise, cut) => {
      return [Buffer.from(noise), Buffer.concat([whole.subarray(0, cut), noise])].every(isReadOrMalformed);
    }),
  );
});

function isReadOrMalformed(bytes: Buffer): boolean {
  try {
    contentsOfBatch(bytes);
    return true;
  } catch (error) {
    return error instanceof MalformedMessageError;
  }
}
