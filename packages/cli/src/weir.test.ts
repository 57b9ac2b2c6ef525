import {afterEach, expect, test, vi} from 'vitest';
import {version} from './version.ts';
import {main} from './weir.ts';

afterEach(() => {
  process.exitCode = undefined;
  vi.restoreAllMocks();
});

/** Runs the command in this process: only what ends by itself, without a service. */
async function weir(...args: string[]): Promise<{code: unknown; stdout: string; stderr: string}> {
  const texts = {stdout: '', stderr: ''};
  for (const stream of ['stdout', 'stderr'] as const) {
    vi.spyOn(process[stream], 'write').mockImplementation((text) => {
      texts[stream] += String(text);
      return true;
    });
  }
  try {
    await main(['node', 'weir', ...args]);
    return {code: process.exitCode, ...texts};
  } finally {
    vi.restoreAllMocks();
  }
}

/** Names in the list of commands, `help` apart. */
async function commands(): Promise<string[]> {
  const {stdout} = await weir('--help');
  const [, list = ''] = stdout.split('Commands:');
  return [...list.matchAll(/^ {2}([a-z-]+)/gm)].map(([, name]) => name!).filter((name) => name !== 'help');
}

test('the help of every command is what was agreed, and fits 80 columns', async () => {
  const names = await commands();
  expect(names).toEqual(expect.arrayContaining(['run', 'demo', 'emulators']));
  for (const name of [undefined, ...names]) {
    const {code, stdout, stderr} = await weir(...(name === undefined ? [] : [name]), '--help');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
    expect(stdout).toMatchSnapshot(name ?? 'weir');
  }
});

test('the version is that of the package', async () => {
  expect(await weir('--version')).toEqual({code: 0, stdout: `${version}\n`, stderr: ''});
});

test.each([
  [['runn'], 'weir: unknown command', 'Did you mean run?'],
  [['demo', '--onc'], 'weir: unknown option', 'Did you mean --once?'],
  [['run', '--confg', 'x'], 'weir: unknown option', 'Did you mean --config?'],
])('%j is wrong usage: exit code 2 and the nearest name', async (args, said, suggestion) => {
  const {code, stdout, stderr} = await weir(...args);
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toContain(said);
  expect(stderr).toContain(suggestion);
});

test('without a command the help goes to standard error, with exit code 2', async () => {
  const {code, stdout, stderr} = await weir();
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toContain('Usage: weir');
});

test('an option with a value out of bounds says the bounds', async () => {
  const {code, stderr} = await weir('emulators', '--partitions', '0');
  expect(code).toBe(2);
  expect(stderr).toContain('from 1 to 1024');
});
