import {expect, test} from 'vitest';

import {callKey} from './call-key.ts';

test('one id of one shape is one key, however it is written', () => {
  expect(callKey('a', ' 9C-01\n')).toBe('a 9c-01');
  expect(callKey('a', 17)).toBe(callKey('a', '17'));
  expect(callKey('a', 'x')).not.toBe(callKey('b', 'x'));
});

test('what is no id is no key', () => {
  for (const id of [undefined, null, '', '  ', {}, [], true, 'x'.repeat(201)]) {
    expect(callKey('a', id)).toBeUndefined();
  }
});
