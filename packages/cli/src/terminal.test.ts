import {spawnSync} from 'node:child_process';
import {existsSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {describe, expect, test} from 'vitest';
import {runWeir} from './command-fixture.ts';

const bin = fileURLToPath(new URL('../bin/weir.js', import.meta.url));
const hasScript = spawnSync('script', ['--version']).error === undefined;
const withinMs = 60_000;

/** What the command writes, output and errors together, when a terminal shows it. */
function onTerminal(words: string, env: Readonly<Record<string, string>> = {}): string {
  const {stdout} = spawnSync('script', ['-qec', `'${process.execPath}' '${bin}' ${words}`, '/dev/null'], {
    encoding: 'utf8',
    env: {PATH: process.env['PATH'], TERM: 'xterm-256color', ...env},
    timeout: withinMs,
  });
  return stdout.replaceAll('\r\n', '\n');
}

const anyEscape = '\u001b[';
const boldUsage = '\u001b[1mUsage:\u001b[22m weir shapes';
const redName = '\u001b[31mweir:\u001b[39m unknown';

describe.skipIf(!hasScript)('on a terminal (needs script)', () => {
  test('headings of a help are bold, and the name before what went wrong is red', {timeout: withinMs}, () => {
    expect(onTerminal('shapes --help')).toContain(boldUsage);
    expect(onTerminal('shapes --help')).toContain('\u001b[1mExamples:');
    expect(onTerminal('demo --onc')).toContain(redName);
  });

  test.each([{NO_COLOR: '1'}, {TERM: 'dumb'}])('with %j nothing is coloured', {timeout: withinMs}, (env) => {
    expect(onTerminal('shapes --help', env)).toMatch(/^Usage: /);
    expect(onTerminal('demo --onc', env)).toBe("weir: unknown option '--onc'; did you mean --once?\n");
    const records = onTerminal('shapes list', env);
    expect(records.length).toBeGreaterThan(1000);
    expect(records).not.toContain(anyEscape);
  });
});

test('in a pipe nothing is coloured', {timeout: withinMs}, async () => {
  const runs = [['shapes', '--help'], ['shapes', 'list'], ['demo', '--onc'], ['run'], ['completion', 'bash']];
  for (const words of runs) {
    const {stdout, stderr} = await runWeir(words, {env: {TERM: 'xterm-256color'}});
    expect((stdout + stderr).length).toBeGreaterThan(10);
    expect(stdout + stderr).not.toContain(anyEscape);
  }
});

test('who forces colours gets them in a pipe', {timeout: withinMs}, async () => {
  const {stderr} = await runWeir(['demo', '--onc'], {env: {FORCE_COLOR: '1'}});
  expect(stderr).toContain(redName);
});

test.each(['trace --help', 'shapes list', '--version'])(
  'a reader that leaves before %j has written is no failure',
  {timeout: withinMs},
  (words) => {
    const command = `'${process.execPath}' '${bin}' ${words} | true; echo \${PIPESTATUS[0]}`;
    const {stdout, stderr} = spawnSync('bash', ['-c', command], {encoding: 'utf8', timeout: withinMs});
    expect({stdout, stderr}).toEqual({stdout: '0\n', stderr: ''});
  },
);

test.skipIf(!existsSync('/dev/full'))('a full disk behind standard output is told in one line', () => {
  const command = `'${process.execPath}' '${bin}' completion bash > /dev/full`;
  const {status, stderr} = spawnSync('bash', ['-c', command], {encoding: 'utf8', timeout: withinMs});
  expect([status, stderr]).toEqual([1, 'weir: standard output cannot be written (ENOSPC).\n']);
});
