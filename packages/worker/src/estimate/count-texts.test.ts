import {expect, test} from 'vitest';
import {countTexts, textBytesOf} from './count-texts.ts';

/** One token a text; says how often it was asked. */
function asked(texts: Parameters<typeof countTexts>[0]): string[] {
  const all: string[] = [];
  countTexts(texts, (text) => all.push(text));
  return all;
}

test('text of ordinary words is looked at as a whole', () => {
  const prompt = 'All the words that somebody says. '.repeat(1_000);
  expect(asked({prompt})).toEqual([prompt]);
});

test.each([
  ['letters', 'a'],
  ['blanks', ' '],
  ['characters of two units', '😀'],
  ['wide blanks between others', '\u3000 '],
  ['blanks that do not break between others', '\u00a0 '],
  ['control characters between those of no width', '\u0001\u200b'],
  ['slashes between line breaks', '\n/'],
])('a run of %s is cut, so that no tokenizer takes a minute for it, and stays whole together', (_, one) => {
  const prompt = one.repeat(1_000);
  const pieces = asked({prompt});
  expect(pieces.join('')).toBe(prompt);
  expect(pieces.length).toBeGreaterThan(3);
  for (const piece of pieces) {
    expect(piece.length).toBeLessThanOrEqual(257);
    expect(piece.isWellFormed()).toBe(true);
  }
});

test('halves of characters that stand alone are cut like others', () => {
  expect(asked({prompt: '\udc00'.repeat(1_000)}).length).toBeGreaterThan(3);
});

test('a call is as long as the UTF-8 of all that is counted, roles and names as well', () => {
  const prompt = [
    {role: 'user', name: 'ann', text: '漢'},
    {role: 'system', text: ''},
  ];
  expect(textBytesOf({prompt, completion: 'é'})).toBe(4 + 3 + 3 + 6 + 2);
  expect(textBytesOf({prompt: '漢'})).toBe(3);
  expect(textBytesOf({})).toBe(0);
});

test('a message costs three tokens and its name one beside their texts, the beginning of the answer three', () => {
  const count = (text: string): number => text.length;
  const prompt = [
    {role: 'user', text: 'Hi'},
    {role: 'user', name: 'ann', text: ''},
  ];
  expect(countTexts({prompt}, count)).toEqual({prompt: 3 + (3 + 4 + 2) + (3 + 4 + 1 + 3)});
});
