import {expect, test} from 'vitest';
import {moreThanLooked, tellEnd} from './tell-retry.ts';

test.each([
  [{n: 1, marked: 3}, 'stands at commit 1, and dead letters of its commit 3 are marked as settled'],
  [{n: 3, marked: 3}, 'stands at commit 3, and other dead letters are marked as settled under that number'],
])('a retry journal that is an older copy fails with what to do: %j', (end, said) => {
  const told: string[] = [];
  const person = {
    print: () => {},
    tell: (text: string) => told.push(text),
    confirm: async () => 'no' as const,
  };
  const code = tellEnd({kind: 'older copy', ...end}, {format: 'text', mode: 'count', person});
  expect([code, told.length]).toEqual([1, 1]);
  expect(told[0]).toContain(said);
  expect(told[0]).toContain('docs/recovery.md');
});

test('letters beyond the bound are reached by choosing, because those that are left come first again', () => {
  const text = moreThanLooked({looked: 10_000, all: 12_345});
  expect(text).toMatch(/^Only 10,000 of the 12,345 dead letters/);
  for (const flag of ['--partition', '--from-sequence', '--reason']) expect(text).toContain(flag);
});
