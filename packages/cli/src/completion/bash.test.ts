import {spawn, spawnSync} from 'node:child_process';
import {existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {runWeir} from '../command-fixture.ts';

const bin = fileURLToPath(new URL('../../bin/weir.js', import.meta.url));
const endsWithinMs = 40_000;
/** A shell, and what gives it a terminal. */
const lacks = ['bash', 'script'].filter((tool) => spawnSync(tool, ['--version']).error !== undefined);

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'weir-'));
  writeFileSync(join(folder, 'a file.yaml'), '');
  mkdirSync(join(folder, 'empty'));
});
afterAll(() => rmSync(folder, {recursive: true}));

/** The words that each line is run with, once bash has completed it at its tabs. */
async function completed(lines: readonly string[]): Promise<string[][]> {
  const script = (await runWeir(['completion', 'bash'])).stdout;
  const setup = join(folder, 'setup.bash');
  writeFileSync(
    setup,
    `${script}\n${script}
weir() {
  if [[ $1 == complete ]]; then '${process.execPath}' '${bin}' "$@"; else printf '<%s>' "$@" >> ran; echo >> ran; fi
}
bind 'set bell-style none'
bind 'set enable-bracketed-paste off'
PS1='$ '
`,
  );
  writeFileSync(join(folder, 'ran'), '');
  const shell = spawn('script', ['-qec', `bash --noprofile --rcfile '${setup}' -i`, '/dev/null'], {
    cwd: folder,
    env: {PATH: process.env['PATH'], TERM: 'dumb', HOME: folder},
    stdio: ['pipe', 'pipe', 'ignore'],
    timeout: endsWithinMs,
    killSignal: 'SIGKILL',
  });
  let shown = '';
  let [wanted, asked] = ['$ ', 0];
  const typed = [...lines.map((line) => `${line}\r`), 'exit\r'];
  // A line is typed at the prompt: what comes before readline listens would be taken without completion.
  shell.stdout.setEncoding('utf8').on('data', (text: string) => {
    shown += text;
    if (!shown.endsWith(wanted) || asked >= typed.length) return;
    shown = '';
    shell.stdin.write(typed[asked]!);
    asked += 1;
    wanted = '\n$ ';
  });
  await new Promise((resolve) => shell.once('close', resolve));
  const ran = readFileSync(join(folder, 'ran'), 'utf8');
  return ran.split('\n').flatMap((line) => (line === '' ? [] : [line.slice(1, -1).split('><')]));
}

describe.skipIf(lacks.length > 0)(
  `bash completes (needs bash and script; lacking: ${lacks.join(', ')})`,
  () => {
    test(
      'commands, options, their words and files, as a person would type them',
      {timeout: endsWithinMs * 1.5},
      async () => {
        const typed: [string, string[]][] = [
          ['weir ins\t', ['inspect']],
          ['weir dead\tsh\t1/2', ['dead-letters', 'show', '1/2']],
          ['weir replay --form\tnd\t', ['replay', '--format', 'ndjson']],
          ['weir replay --format=nd\t', ['replay', '--format=ndjson']],
          ['weir run --join.swe\tA\t12m', ['run', '--join.sweepAfter', '12m']],
          ['weir run --jo\tdead\t1h', ['run', '--join.deadline', '1h']],
          ['weir run --conf\ta\t', ['run', '--config', 'a file.yaml']],
          ['weir run --config=a\t', ['run', '--config=a file.yaml']],
          ['weir shapes test em\t', ['shapes', 'test', 'empty/']],
          ['weir inspect --from ear\t--count 1', ['inspect', '--from', 'earliest', '--count', '1']],
          ['weir dead-letters list --reason "not J\t', ['dead-letters', 'list', '--reason', 'not JSON']],
          ['weir dead-letters list --reason too\\ e\t', ['dead-letters', 'list', '--reason', 'too early']],
          ['weir trace x --source nd\ta\t', ['trace', 'x', '--source', 'ndjson:a']],
          ['weir nothing\t', ['nothing']],
          ["weir inspect --where 'status>4' --mal\t", ['inspect', '--where', 'status>4', '--malformed']],
          // Asked for candidates, and then deleted: nothing of it may have been run.
          ['weir inspect --where "$(touch harm)" > harm --mal\t\u0015weir safe', ['safe']],
        ];
        expect(await completed(typed.map(([line]) => line))).toEqual(typed.map(([, words]) => words));
        expect(existsSync(join(folder, 'harm'))).toBe(false);
      },
    );
  },
);
