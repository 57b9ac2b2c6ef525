import {mkdtempSync, readFileSync, rmSync, symlinkSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import type {Stack} from '@weir/emulators';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {runWeir} from './command-fixture.ts';
import {countSample} from './counted-sample-fixture.ts';

/** The page is rendered anew with what the commands print; `vitest run packages/cli/src/cli-page.test.ts -u` writes it. */
const page = fileURLToPath(new URL('../../../docs/cli.md', import.meta.url));
const testFolder = fileURLToPath(new URL('../../../test', import.meta.url));

let stack: Stack;
let folder = '';
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'weir-'));
  symlinkSync(testFolder, join(folder, 'test'));
  const counted = await countSample();
  ({stack} = counted);
  await counted.service.stop();
}, 120_000);
afterAll(async () => {
  await stack.close();
  rmSync(folder, {recursive: true});
});

test(
  'the page of commands shows what they print, within 80 columns but for JSON',
  {timeout: 120_000},
  async () => {
    const written = readFileSync(page, 'utf8');
    const blocks = written.split(/(^```console\n.*?^```$)/ms);
    const rendered: string[] = [];
    for (const block of blocks) rendered.push(block.startsWith('```console') ? await render(block) : block);
    await expect(rendered.join('')).toMatchFileSnapshot(page);
    const wide = rendered.filter((block) => block.startsWith('```')).flatMap((block) => block.split('\n'));
    expect(wide.filter((line) => line.length > 80 && !/^(?:\{|weir: )/.test(line))).toEqual([]);
  },
);

/** A command begins with `$ ` and goes on in lines with four blanks; what follows is what it printed. */
async function render(block: string): Promise<string> {
  const lines = ['```console'];
  const commands = block.matchAll(/^\$ (?<command>.*\n(?: {4}.*\n)*)(?<printed>(?:(?!\$ |```).*\n)*)/gm);
  for (const {groups: {command = '', printed = ''} = {}} of commands) {
    const [npx, weir, ...args] = argumentsOf(command);
    expect([npx, weir]).toEqual(['npx', 'weir']);
    const {stdout, stderr} = await runWeir(args, {env: stack.variables, cwd: folder});
    const output = stdout + stderr;
    lines.push(`$ ${command.trimEnd()}`, (stable(output) === stable(printed) ? printed : output).trimEnd());
  }
  return [...lines, '```'].join('\n');
}

/** As a shell takes them apart, as far as the page needs it. */
function argumentsOf(command: string): string[] {
  const joined = command.replaceAll(/\\?\n +/g, ' ').trim();
  return [...joined.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '');
}

/** Without what differs from run to run: which commit, of which lineage; ports, and how old the sample is. */
function stable(output: string): string {
  return output
    .replaceAll(/\b\d+ of [0-9a-f]{32}\b/g, 'COMMIT')
    .replaceAll(/\bport \d+/g, 'port N')
    .replaceAll(/\d+ d\s+old/g, 'N d old')
    .trimEnd();
}
