import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {expect, test} from 'vitest';

const bin = fileURLToPath(new URL('../../bin/weir.js', import.meta.url));
const sample = new URL('../../../../test/fixtures/sample/gateway.ndjson', import.meta.url);

test('Ctrl-C ends with 130, and leaves no output behind', {timeout: 60_000}, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-'));
  const [events, out] = [join(folder, 'events.ndjson'), join(folder, 'out.csv')];
  writeFileSync(events, '');
  // Long enough to be in the middle of it; the same events again and again, of one partition after another.
  const lines = readFileSync(sample, 'utf8');
  for (let n = 0; n < 40; n++)
    appendFileSync(events, lines.replaceAll('"partitionId":"', `"partitionId":"${n}`));
  const args = ['--from', '2024-05-17T12:00:00Z', '--to', '2024-05-17T13:00:00Z', '--out', out];
  const child = spawn(process.execPath, [bin, 'replay', ...args, '--source', `ndjson:${events}`], {
    env: {PATH: process.env['PATH']},
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  try {
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    const ended = once(child, 'close') as Promise<[number | null]>;
    while (!stderr.includes('Reading events')) await once(child.stderr, 'data');
    child.kill('SIGINT');
    expect([await ended, stdout]).toEqual([[130, null], '']);
    expect(stderr.trimEnd().split('\n').at(-1)).toBe('Interrupted; there is no result.');
    expect([existsSync(out), existsSync(`${out}.part`)]).toEqual([false, false]);
  } finally {
    child.kill('SIGKILL');
    rmSync(folder, {recursive: true});
  }
});
