import {expect, test} from 'vitest';
import {resourcePath, signSasToken, verifySasToken} from './sas.ts';

const policy = {keyName: 'Root', key: 'k/1+=', nowMs: 1_700_000_000_000};
const resource = 'sb://127.0.0.1:5672/hub/ConsumerGroups/$Default/Partitions/0';
const token = signSasToken(resource, {...policy, expiresAtMs: policy.nowMs + 60_000});

test('a token signed with the key is valid and names its resource and expiry', () => {
  expect(verifySasToken(token, policy)).toEqual({
    kind: 'valid',
    resource,
    expiresAtMs: policy.nowMs + 60_000,
  });
});

test('a token is refused once it has expired', () => {
  expect(verifySasToken(token, {...policy, nowMs: policy.nowMs + 60_000})).toMatchObject({
    kind: 'refused',
    reason: 'The token has expired.',
  });
});

test.each([
  ['another key', token, {...policy, key: 'other'}],
  ['another key name', token, {...policy, keyName: 'Listen'}],
  ['a changed resource', token.replace('hub', 'hub2'), policy],
  ['a prolonged expiry', token.replace(/se=\d+/, 'se=9999999999'), policy],
  ['a missing signature', token.replace(/sig=[^&]+&/, ''), policy],
  ['a badly encoded signature', token.replace(/sig=[^&]+/, 'sig=%E0%A4'), policy],
  ['another scheme', 'Bearer abc', policy],
])('a token with %s is refused', (_what, given, by) => {
  expect(verifySasToken(given, by).kind).toBe('refused');
});

test('a resource path has neither scheme, host nor case', () => {
  expect(resourcePath('sb://127.0.0.1:5672/Hub/$management/')).toBe('hub/$management');
  expect(resourcePath('sb://127.0.0.1:5672/')).toBe('');
  expect(resourcePath('hub/Partitions/0')).toBe('hub/partitions/0');
});
