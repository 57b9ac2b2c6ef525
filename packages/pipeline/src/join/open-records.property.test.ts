import fc from 'fast-check';
import {expect, test} from 'vitest';
import {hashId} from '../dedupe/id-hash.ts';
import {gatewayEvent} from '../event-fixture.ts';
import {noRecord, type OpenRecord, type RecordSlot} from './open-record.ts';
import {OpenList, OpenRecords} from './open-records.ts';
import {recordsOf} from './waiting-fixture.ts';

/** Few ids, so that several records wait for one; GUIDs that differ in one digit, and texts that are no GUIDs. */
const ids = fc.oneof(
  fc.integer({min: 0, max: 40}).map((n) => `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`),
  fc.integer({min: 0, max: 10}).map((n) => `request-${n}`),
);
const step = fc.oneof(
  {weight: 5, arbitrary: fc.record({kind: fc.constant('add' as const), id: ids, list: fc.nat(2)})},
  {weight: 3, arbitrary: fc.record({kind: fc.constant('remove' as const), at: fc.nat()})},
  {weight: 1, arbitrary: fc.record({kind: fc.constant('ask' as const), at: fc.nat()})},
  {weight: 1, arbitrary: fc.record({kind: fc.constant('answer' as const), at: fc.nat()})},
);

interface Held {
  readonly slot: RecordSlot;
  readonly id: string;
  readonly list: number;
  readonly sequenceNumber: number;
  asked: boolean;
}

test('whatever comes and goes, lists and ids hold exactly the records that wait, and no slot that a query names changes', () => {
  fc.assert(
    fc.property(fc.array(step, {maxLength: 400}), (steps) => {
      const records = new OpenRecords();
      const owner = {settle: () => {}};
      const lists = [0, 1, 2].map(() => new OpenList(records, owner));
      let held: Held[] = [];
      const goneAsked: RecordSlot[] = [];
      let sequenceNumber = 0;
      let [givenTwice, wronglyWaiting, wronglyGone] = [0, 0, 0];
      for (const one of steps) {
        switch (one.kind) {
          case 'add': {
            const place = {sequenceNumber: sequenceNumber++, index: 0};
            const times = {enqueuedTimeMs: 1, ownTimeMs: 2, eventTimeMs: 3, waitingSinceMs: 4};
            const event = {...gatewayEvent(), requestId: one.id};
            const slot = records.add(lists[one.list]!, {...place, ...times, event}, hashId(one.id));
            if (goneAsked.includes(slot)) givenTwice++;
            held.push({slot, id: one.id, list: one.list, ...place, asked: false});
            break;
          }
          case 'remove': {
            const victim = held[one.at % held.length];
            if (victim === undefined) break;
            records.remove(victim.slot);
            held = held.filter((other) => other !== victim);
            if (victim.asked) goneAsked.push(victim.slot);
            break;
          }
          case 'ask': {
            const idle = held.filter(({asked}) => !asked);
            const chosen = idle[one.at % idle.length];
            if (chosen === undefined) break;
            records.ask([chosen.slot]);
            chosen.asked = true;
            break;
          }
          case 'answer': {
            const gone = goneAsked.pop();
            if (gone !== undefined && records.answered(gone)) wronglyWaiting++;
            const asked = held.find((other) => other.asked);
            if (asked === undefined) break;
            if (!records.answered(asked.slot)) wronglyGone++;
            asked.asked = false;
          }
        }
      }
      expect({givenTwice, wronglyWaiting, wronglyGone}).toEqual({
        givenTwice: 0,
        wronglyWaiting: 0,
        wronglyGone: 0,
      });
      expect(records.count).toBe(held.length);
      lists.forEach((list, at) => {
        const expected = held.filter((one) => one.list === at);
        expect(list.count).toBe(expected.length);
        expect(recordsOf(list).map((one) => [one.sequenceNumber, one.requestId])).toEqual(
          expected.map((one) => [one.sequenceNumber, one.id]),
        );
      });
      for (const id of new Set(held.map((one) => one.id))) {
        const found: RecordSlot[] = [];
        for (let slot = records.find(hashId(id)); slot !== noRecord; slot = records.nextOfId(slot))
          found.push(slot);
        expect(new Set(found)).toEqual(new Set(held.filter((one) => one.id === id).map(({slot}) => slot)));
      }
    }),
  );
});

test('thousands of ids are all found while others leave, and their fields come back as they were', () => {
  const records = new OpenRecords();
  const list = new OpenList(records, {settle: () => {}});
  const idOf = (n: number): string =>
    `${(n * 2_654_435_761).toString(16).padStart(8, '0').slice(-8)}-0000-4000-8000-00000000000${n % 10}`;
  const slots: RecordSlot[] = [];
  for (let n = 0; n < 5_000; n++) {
    const event = {
      ...gatewayEvent({
        region: `r${n % 7}`,
        stream: [undefined, false, true][n % 3],
        tokenSource: (['reported', 'summed', 'estimated', 'unknown'] as const)[n % 4]!,
        status: n % 5 === 0 ? undefined : 200 + n,
        promptTokens: n % 6 === 0 ? undefined : 2 ** 53 - 1 - n,
        remainingTokens: n % 2 === 0 ? 0 : undefined,
      }),
      requestId: idOf(n),
    };
    const place = {sequenceNumber: 2 ** 40 + n, index: n % 3};
    slots.push(
      records.add(
        list,
        {...place, enqueuedTimeMs: n, ownTimeMs: n, eventTimeMs: n, waitingSinceMs: n, event},
        hashId(idOf(n)),
      ),
    );
  }
  for (let n = 0; n < 5_000; n += 2) records.remove(slots[n]!);
  const found = slots.map((_slot, n) => records.find(hashId(idOf(n))));
  expect(found.filter((_slot, n) => n % 2 === 0).every((slot) => slot === noRecord)).toBe(true);
  for (let n = 1; n < 5_000; n += 2) {
    const expected: Partial<OpenRecord> = {
      sequenceNumber: 2 ** 40 + n,
      index: n % 3,
      region: `r${n % 7}`,
      stream: [undefined, false, true][n % 3],
      tokenSource: (['reported', 'summed', 'estimated', 'unknown'] as const)[n % 4]!,
      status: n % 5 === 0 ? undefined : 200 + n,
      promptTokens: n % 6 === 0 ? undefined : 2 ** 53 - 1 - n,
      remainingTokens: undefined,
    };
    expect(records.read(found[n]!)).toMatchObject(expected);
    expect(records.columns.requestId(found[n]!)).toBe(idOf(n));
  }
});
