import * as fc from 'fast-check';
import {expect, test} from 'vitest';
import {withoutSecrets} from './secrets.ts';

/** Pieces that the patterns look for, mixed with what JSON has to escape. */
const piece = fc.oneof(
  fc.constantFrom(
    'sig=',
    'AccountKey=',
    'Endpoint=sb://',
    'password',
    ': ',
    '"',
    "'",
    '\\',
    '\n',
    'eyJ',
    '://',
    '@',
  ),
  fc.string({unit: 'binary', maxLength: 12}),
  fc.base64String({minLength: 44, maxLength: 44}),
);

test('a line of JSON is still one without its secrets', () => {
  fc.assert(
    fc.property(fc.array(piece, {maxLength: 20}), (pieces) => {
      const line = JSON.stringify({msg: pieces.join(''), time: 1});
      expect(JSON.parse(withoutSecrets(line))).toMatchObject({time: 1});
    }),
    {numRuns: 2_000},
  );
});

test('an escaped line end behind a key name stays whole', () => {
  const line = JSON.stringify({msg: 'password: \n', time: 1});
  expect(JSON.parse(withoutSecrets(line))).toEqual({msg: 'password: \n', time: 1});
  expect(withoutSecrets(JSON.stringify({msg: '{"password": "hunter2"}'}))).not.toContain('hunter2');
});

test('what is removed stays removed, and nothing else is', () => {
  const text = withoutSecrets('GET https://n.example/c?sig=abc&se=1 by SharedAccessKeyName=listen');
  expect(text).toBe('GET https://n.example/c?sig=(removed)&se=1 by SharedAccessKeyName=listen');
  expect(withoutSecrets(text)).toBe(text);
});

test.each(['eyJ-', 'sig=', 'a://', 'password ', 'Bearer ', 'AccountName='])(
  '%s over and over costs milliseconds',
  (part) => {
    const startedMs = performance.now();
    withoutSecrets(part.repeat(10_000));
    // Some thousand times what it takes; quadratic work would be far above.
    expect(performance.now() - startedMs).toBeLessThan(1_000);
  },
);
