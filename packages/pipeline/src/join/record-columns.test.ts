import {expect, test} from 'vitest';
import {hashId} from '../dedupe/id-hash.ts';
import {gatewayEvent} from '../event-fixture.ts';
import {OpenRecord} from './open-record.ts';
import {RecordColumns} from './record-columns.ts';
import {SharedTexts} from './shared-texts.ts';

const place = {sequenceNumber: 1, index: 0};
const times = {enqueuedTimeMs: 1, ownTimeMs: 2, eventTimeMs: 3, waitingSinceMs: 4};

test('a record whose texts are too many to number keeps its own, until its slot is free', () => {
  const columns = new RecordColumns(new SharedTexts({max: 5}));
  columns.grow();
  const consumers = ['team', 'somebody', 'somebody else', 'team'];
  for (const [slot, consumer] of consumers.entries()) {
    const event = {...gatewayEvent({consumer}), requestId: `id-${slot}`};
    columns.write(slot, {...place, ...times, event}, hashId(event.requestId));
  }
  const read = (slot: number): OpenRecord => {
    const record = new OpenRecord();
    columns.read(slot, record);
    return record;
  };
  expect(consumers.map((_consumer, slot) => read(slot).consumer)).toEqual(consumers);
  expect(read(1)).toMatchObject({region: 'eastus2', deployment: 'gpt', product: 'basic', model: 'unknown'});
  columns.forget(1);
  const event = {...gatewayEvent(), requestId: 'id-9'};
  columns.write(1, {...place, ...times, event}, hashId('id-9'));
  expect([read(1).consumer, columns.requestId(1)]).toEqual(['team', 'id-9']);
});
