import {readFile} from 'node:fs/promises';
import {expect, test} from 'vitest';
import {loadConfig} from './config.ts';
import {ConfigurationError} from './configuration-error.ts';
import {configurationReference} from './reference.ts';
import {keyByName, keys, variableOf} from './settings.ts';

test('docs/configuration.md is what the settings say; write-reference.ts renews it', async () => {
  const written = await readFile(new URL('../../../../docs/configuration.md', import.meta.url), 'utf8');
  expect(written).toBe(configurationReference());
});

test('no two keys share a variable', () => {
  const variables = keys.flatMap((key) => key.variables);
  expect(new Set(variables).size).toBe(variables.length);
});

test('a variable is its key in capitals, words apart', () => {
  expect(variableOf('join.sweepAfter')).toBe('WEIR_JOIN_SWEEP_AFTER');
  expect(variableOf('refresh.5m')).toBe('WEIR_REFRESH_5M');
  expect(variableOf('cosmos.requestUnitsPerSecond')).toBe('WEIR_COSMOS_REQUEST_UNITS_PER_SECOND');
});

test.each(keys.map(({name}) => name))(
  '%s has a sentence, and an example and a default that can be read',
  (name) => {
    const {about = '', example = ''} = keyByName.get(name) ?? {};
    expect(about).toMatch(/\.$/);
    const complaints = (flags: Record<string, string>) => {
      try {
        loadConfig({env: {}, flags});
      } catch (error) {
        if (error instanceof ConfigurationError) return error.problems;
        throw error;
      }
      return [];
    };
    const [before, after] = [complaints({}), complaints({[name]: example})];
    expect(after.filter((problem) => !before.includes(problem))).toEqual([]);
  },
);
