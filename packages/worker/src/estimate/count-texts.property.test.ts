import fc from 'fast-check';
import * as patterns from 'gpt-tokenizer/encodingParams/constants';
import {expect, test} from 'vitest';
import {countTexts, runCharsMax} from './count-texts.ts';

/** One of each kind that some tokenizer's pattern tells from the others. */
const signs = [
  ['a', 'A', "'", "'s", '1', '٣', '漢', 'é', '\u0301', 'ſ', 'İ', 'ก', '😀', '/', '!', '<|endoftext|>'],
  [' ', '\n', '\r', '\t', '\v', '\u00a0', '\u2028', '\u3000', '\ufeff'],
  ['\u0000', '\u0001', '\u001f', '\u0085', '\u180e', '\u200b', '\u200d'],
  ['\ud83d', '\ude00'],
].flat();

const texts = fc
  .array(
    fc
      .tuple(
        fc.array(fc.constantFrom(...signs), {minLength: 1, maxLength: 4}),
        fc.integer({min: 1, max: 600}),
      )
      .map(([some, times]) => some.join('').repeat(times)),
    {minLength: 1, maxLength: 4},
  )
  .map((parts) => parts.join(''));

/** What a tokenizer is given for a text, in order. */
function given(prompt: string): string[] {
  const pieces: string[] = [];
  countTexts({prompt}, (piece) => pieces.push(piece));
  return pieces;
}

/** A sign before a run, the run and the one behind it, each longer by the second half of a character. */
const takenTogetherMax = 1 + 2 * (runCharsMax + 1);

test.each(Object.entries(patterns))(
  'no text makes %s take more characters together than two runs have',
  (_, pattern) => {
    fc.assert(
      fc.property(texts, (text) => {
        const lengths = given(text).flatMap((piece) =>
          [...piece.matchAll(pattern)].map(([taken]) => taken.length),
        );
        expect(Math.max(...lengths)).toBeLessThanOrEqual(takenTogetherMax);
      }),
    );
  },
);

test('cut or not, a text is counted whole, once, and no character is torn', () => {
  fc.assert(
    fc.property(texts, (text) => {
      const pieces = given(text);
      expect(pieces.join('')).toBe(text);
      for (const [i, piece] of pieces.slice(1).entries()) {
        expect(/[\ud800-\udbff]$/.test(pieces[i]!) && /^[\udc00-\udfff]/.test(piece)).toBe(false);
      }
    }),
  );
});

test('a text is cut in as many pieces at most as it has runs of the longest length, and one', () => {
  fc.assert(
    fc.property(texts, (text) => {
      expect(given(text).length).toBeLessThanOrEqual(text.length / runCharsMax + 1);
    }),
  );
});
