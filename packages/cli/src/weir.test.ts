import {expect, test} from 'vitest';
import {weirHere as weir} from './in-process-fixture.ts';
import {version} from './version.ts';

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
  [['runn'], "unknown command 'runn'; did you mean run?"],
  [['help', 'runn'], "unknown command 'runn'; did you mean run?"],
  [['runn', '--help'], "unknown command 'runn'; did you mean run?"],
  [['constructor'], "unknown command 'constructor'"],
  [['--versoin'], "unknown option '--versoin'; did you mean --version?"],
  [['demo', '--onc'], "unknown option '--onc'; did you mean --once?"],
  [['run', '--confg', 'x'], "unknown option '--confg'; did you mean --config?"],
  [['run', '--join.sweepAftr=3m'], "unknown option '--join.sweepAftr'; did you mean --join.sweepAfter?"],
  [['run', '--cosmos.kye=secret'], "unknown option '--cosmos.kye'; did you mean --cosmos.key?"],
  [['run', '-x'], "unknown option '-x'"],
  [['dead-letters', 'lst'], "unknown command 'lst'; did you mean list?"],
  [['trace'], "missing required argument 'request-id'; usage: weir trace [options] <request-id>"],
  [['trace', 'a\nb', 'c'], "too many arguments for 'trace'. Expected 1 argument but got 2: a\\u000ab, c."],
  [
    ['completion', 'bahs'],
    "command-argument value 'bahs' is invalid for argument 'shell'. Allowed choices are bash, zsh, fish, powershell; did you mean bash?",
  ],
])('%j is wrong usage: exit code 2 and one line with the nearest name', async (args, said) => {
  expect(await weir(...args)).toEqual({code: 2, stdout: '', stderr: `weir: ${said}\n`});
});

test('a value of the configuration that is none of its words gets the nearest one', async () => {
  const {code, stderr} = await weir('run', '--log.level', 'debgu');
  expect(code).toBe(2);
  expect(stderr).toContain('--log.level "debgu" is none of the words it may be (did you mean debug?)');
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
