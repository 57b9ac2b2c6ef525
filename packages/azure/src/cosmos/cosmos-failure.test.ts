import {expect, test} from 'vitest';
import {describeFailure, readFailure, writeFailure} from './cosmos-failure.ts';

test.each([
  [{code: 429, retryAfterInMs: 250}, 'throttled', 'throttled'],
  [{code: 409}, 'refused', 'refused'],
  [{code: 412}, 'refused', 'refused'],
  [{code: 404}, 'forbidden', 'refused'],
  [{code: 404, substatus: 1003}, 'forbidden', 'forbidden'],
  [{code: 400}, 'unacceptable', 'unacceptable'],
  [{code: 413}, 'unacceptable', 'unacceptable'],
  [{code: 403, substatus: 1014}, 'unacceptable', 'unacceptable'],
  [{code: 403, substatus: 3}, 'unclear', 'unclear'],
  [{code: 403}, 'forbidden', 'forbidden'],
  [{code: 401}, 'forbidden', 'forbidden'],
  [{code: 408}, 'unclear', 'unclear'],
  [{code: 410, substatus: 1002}, 'unclear', 'unclear'],
  [{code: 449}, 'unclear', 'unclear'],
  [{code: 500}, 'unclear', 'unclear'],
  [{code: 503}, 'unclear', 'unclear'],
  [{code: 'ECONNREFUSED'}, 'unclear', 'unclear'],
  [{code: 'TimeoutError'}, 'unclear', 'unclear'],
  [new SyntaxError('Unexpected token <'), 'unclear', 'unclear'],
])('a write that fails with %o is %s on create and %s on replace', (error, create, replace) => {
  const failure = describeFailure(error);
  expect(writeFailure(failure, 'create').kind).toBe(create);
  expect(writeFailure(failure, 'replace').kind).toBe(replace);
});

test.each([
  [{code: 404}, 'missing'],
  [{code: 404, substatus: 1002}, 'unavailable'],
  [{code: 404, substatus: 1003}, 'unavailable'],
  [{code: 429}, 'throttled'],
  [{code: 403}, 'unavailable'],
  [{code: 503}, 'unavailable'],
  [{code: 'ENOTFOUND'}, 'unavailable'],
])('a read that fails with %o is %s', (error, kind) => {
  expect(readFailure(describeFailure(error)).kind).toBe(kind);
});

test('a cause names the code, never the message', () => {
  const error = Object.assign(new Error('document {"secret":1}'), {code: 'dbs/weir/docs/secret'});
  expect(describeFailure(error).cause).toBe('unknown error');
  expect(describeFailure({code: 404, substatus: 1003}).cause).toBe('404/1003');
});

test('a retry-after is bounded, and has a default', () => {
  expect(describeFailure({code: 429}).retryAfterMs).toBe(1000);
  expect(describeFailure({code: 429, retryAfterInMs: 1e9}).retryAfterMs).toBe(60_000);
});
