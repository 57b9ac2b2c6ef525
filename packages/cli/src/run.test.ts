import {execFile} from 'node:child_process';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {afterAll, beforeAll, test} from 'vitest';

const bin = fileURLToPath(new URL('../bin/weir.js', import.meta.url));
const stackTrace = /^\s+at |Error:/m;

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'weir-'));
});
afterAll(() => rmSync(folder, {recursive: true}));

/** Runs the worker as a person would, with nothing in its environment. */
function run(...args: string[]): Promise<{code: number; stdout: string; stderr: string}> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [bin, 'run', ...args],
      {env: {}, cwd: folder},
      (_, stdout, stderr) => resolve({code: child.exitCode ?? -1, stdout, stderr}),
    );
  });
}

test.concurrent(
  'without configuration it exits with 2 and one message that names every variable',
  async ({expect}) => {
    const {code, stdout, stderr} = await run();
    expect([code, stdout]).toEqual([2, '']);
    const named = [
      'EVENT_HUBS_CONNECTION_STRING',
      'EVENT_HUB_NAME',
      'STORAGE_CONNECTION_STRING',
      'LOG_ANALYTICS_WORKSPACE_ID',
      'COSMOS_ENDPOINT',
    ];
    expect(stderr.match(/[A-Z_]+(?= is not set)/g)).toEqual(named);
    expect(stderr.trimEnd().split('\n')).toHaveLength(named.length);
    expect(stderr).not.toMatch(stackTrace);
  },
);

test.concurrent('a flag with an impossible value is named, exit code 2', async ({expect}) => {
  const {code, stderr} = await run('--join.deadline', 'soon');
  expect(code).toBe(2);
  expect(stderr).toContain('join.deadline');
  expect(stderr).not.toMatch(stackTrace);
});

test.concurrent('an unknown key of the file is named with its nearest, exit code 2', async ({expect}) => {
  writeFileSync(join(folder, 'weir.yaml'), 'flush:\n  intervall: 1s\n');
  const {code, stderr} = await run('--config', 'weir.yaml');
  expect(code).toBe(2);
  expect(stderr).toMatch(/flush\.intervall.*flush\.interval\b/s);
});

test.concurrent(
  'a file that is not there is said with the flag that named it, exit code 2',
  async ({expect}) => {
    const {code, stderr} = await run('--config', 'nowhere.yaml');
    expect(code).toBe(2);
    expect(stderr).toContain('--config: nowhere.yaml cannot be read');
    expect(stderr).not.toMatch(stackTrace);
  },
);
