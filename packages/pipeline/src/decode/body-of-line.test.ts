import {expect, test} from 'vitest';

import {bodyOfLine} from './body-of-line.ts';

test.each([
  ['{"a":1}', '{"a":1}'],
  ['"text"', '"text"'],
  ['no JSON', 'no JSON'],
  ['{"$text":"no JSON"}', 'no JSON'],
  ['{"$text":""}', ''],
  ['{"$base64":"aGk="}', 'hi'],
  ['{"$text":5}', '{"$text":5}'],
  ['{"$text":"a","b":1}', '{"$text":"a","b":1}'],
])('%s stands for %j', (line, body) => {
  expect(Buffer.from(bodyOfLine(line)).toString()).toBe(body);
});
