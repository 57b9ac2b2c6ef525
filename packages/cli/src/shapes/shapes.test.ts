import {execFile, spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {apimCommaJoinedShape, builtInShapes, eventFields} from '@weir/pipeline';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';

const bin = fileURLToPath(new URL('../../bin/weir.js', import.meta.url));
const corpus = fileURLToPath(new URL('../../../../test/fixtures/shapes', import.meta.url));
const stackTrace = /^\s+at |Error:/m;

interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'weir-shapes-'));
});
afterAll(() => rmSync(folder, {recursive: true}));

function file(name: string, content: string | Uint8Array): string {
  writeFileSync(join(folder, name), content);
  return name;
}

/** Runs `weir shapes` as a person would, in a folder of its own. */
function shapes(
  args: readonly string[],
  {env = {}, input = ''}: {env?: NodeJS.ProcessEnv; input?: string} = {},
) {
  return new Promise<Ended>((resolve) => {
    const command = [bin, 'shapes', ...args];
    const child = execFile(process.execPath, command, {env, cwd: folder}, (_, stdout, stderr) =>
      resolve({code: child.exitCode ?? -1, stdout, stderr}),
    );
    child.stdin?.end(input);
  });
}

const ownShapes = `
- name: contoso-proxy
  description: Our proxy.
  recognise: {equals: {kind: llm, version: 2}}
  fields: {requestId: [ids.azure, callId], model: answer.model}
`;
const ownEvent = '{"kind":"llm","version":2,"callId":"C-1","answer":{"model":"gpt-4o"}}';

describe('weir shapes list', () => {
  test('documents every shape with what it lacks and what that costs, in 80 columns', async () => {
    const {code, stdout, stderr} = await shapes(['list']);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
    for (const {name} of [...builtInShapes, apimCommaJoinedShape])
      expect(stdout).toMatch(new RegExp(`^${name}`, 'm'));
    expect(stdout).toContain('no apim-request-id: this event can be counted, but never');
    expect(stdout).toMatchSnapshot();
  });

  test('--json prints one array, with your own shapes first', async () => {
    const {stdout} = await shapes(['list', '--json', '--shapes', file('own.yaml', ownShapes)]);
    const [own, ...others] = JSON.parse(stdout) as {name: string; origin: string; lacks: unknown[]}[];
    expect(own).toMatchObject({name: 'contoso-proxy', description: 'Our proxy.', origin: 'yours'});
    expect(own?.lacks).toHaveLength(eventFields.length - 2);
    expect(own?.lacks[0]).toEqual({field: 'eventTime', costs: expect.stringMatching(/^no time/)});
    expect(others.map(({name}) => name)).toEqual(
      [...builtInShapes, apimCommaJoinedShape].map(({name}) => name),
    );
  });
});

describe('weir shapes test', () => {
  test.each(['enterprise-logging/response-before-request-among-others', 'bodies/bad-neighbours'])(
    '--json prints one object per record, in input order: %s',
    async (name) => {
      const {code, stdout, stderr} = await shapes(['test', join(corpus, `${name}.ndjson`), '--json']);
      expect([code, stderr]).toEqual([0, '']);
      const records = stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown);
      expect(records).toEqual(JSON.parse(readFileSync(join(corpus, `${name}.expected.json`), 'utf8')));
    },
  );

  test('a person sees shape, fields, what is missing and what that costs', async () => {
    const cases = [
      'openai-logger/streamed-call',
      'enterprise-logging/request-and-response',
      'weir/counts-that-cannot-be',
    ];
    const bodies = [
      ...cases.map((name) => readFileSync(join(corpus, `${name}.ndjson`), 'utf8')),
      '[{"type":"PII_Processing"},{"what":"is this"}]\n',
    ];
    const {code, stdout, stderr} = await shapes(['test', '-'], {input: bodies.join('')});
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
    expect(stdout).toMatchSnapshot();
  });

  test('a shape of your own is tried from its file, the configuration, the environment or the argument', async () => {
    const bodies = file('own.ndjson', `${ownEvent}\n`);
    const list =
      '[{name: contoso-proxy, recognise: {equals: {version: 2}}, fields: {requestId: callId, model: answer.model}}]';
    const config = `eventHubs: {connectionString: "\${NOT_SET_HERE}"}\nshapes:${ownShapes.replaceAll('\n', '\n  ')}`;
    const ways = [
      {args: ['--shapes', file('own.yaml', ownShapes)]},
      {args: ['--config', file('weir.yaml', config)]},
      {args: ['--shapes', file('only-shapes.yaml', `shapes: ${list}`)]},
      {args: ['--shapes', list]},
      {args: [], env: {WEIR_SHAPES: list}},
    ];
    for (const {args, env = {}} of ways) {
      const {code, stdout, stderr} = await shapes(['test', bodies, '--json', ...args], {env});
      expect([code, stderr]).toEqual([0, '']);
      expect(JSON.parse(stdout)).toMatchObject({
        shape: 'contoso-proxy',
        outcome: 'event',
        event: {requestId: 'c-1', model: 'gpt-4o', parts: [1]},
      });
    }
  });

  test('texts are read only where they are asked for', async () => {
    const bodies = join(corpus, 'apim-comma-joined/five-values.ndjson');
    const [asked, otherwise] = [
      await shapes(['test', bodies, '--json', '--textShapes', 'apim-comma-joined']),
      await shapes(['test', bodies, '--json']),
    ];
    expect(asked.stdout).toContain('"shape":"apim-comma-joined","outcome":"event"');
    expect(otherwise.stdout).not.toContain('"outcome":"event"');
    expect(otherwise.stdout).toContain('"reason":"not JSON"');
  });

  test('what was said is counted, marked as estimated and not shown; it is not where estimating is off', async () => {
    const bodies = join(corpus, 'openai-logger/texts-without-counts.ndjson');
    const [told, json, off] = [
      await shapes(['test', bodies]),
      await shapes(['test', bodies, '--json']),
      await shapes(['test', bodies], {env: {WEIR_TOKENS_ESTIMATE: 'false'}}),
    ];
    expect(told.stdout).toMatch(/^ +totalTokens +20$/m);
    expect(told.stdout).toMatch(/^ +tokenSource +estimated$/m);
    expect(json.stdout).toContain('"totalTokens":20,');
    expect(json.stdout).toContain('"tokenSource":"estimated"');
    expect(off.stdout).not.toContain('estimated');
    for (const {code, stdout, stderr} of [told, json, off]) {
      expect([code, stderr]).toEqual([0, '']);
      expect(stdout).not.toContain('antidisestablishmentarianism');
    }
  });

  test('an empty file is no error', async () => {
    expect(await shapes(['test', file('empty', ''), '--json'])).toEqual({code: 0, stdout: '', stderr: ''});
    expect((await shapes(['test', 'empty'])).stdout).toBe('In all: 0 events, 0 dead letters, 0 skipped.\n');
  });

  test('nothing of a body that is no event is printed, nor a key of a caller', async () => {
    const secret = 'secret-0815';
    const key = '0123456789abcdef0123456789abcdef';
    const bodies = [
      `not json ${secret}`,
      `{"${secret}":"${secret}"`,
      `{"apimRequestId":{"${secret}":1}}`,
      `{"weirSchema":1,"timestamp":"${secret}"}`,
      `{"weirSchema":1,"statusCode":"${secret}"}`,
      `{"appSubscriptionKey":"${key}","request":"${secret}","response":"${secret}","eventTime":"2024-05-17T12:00:00Z"}`,
      `{"$base64":"${secret}"}`,
      JSON.stringify({$text: `\u0000${secret}`}),
    ];
    const input = bodies.join('\n');
    for (const format of [[], ['--json']]) {
      const {code, stdout, stderr} = await shapes(['test', '-', ...format], {input});
      expect([code, stderr]).toEqual([0, '']);
      expect(stdout).not.toContain(secret);
      expect(stdout).not.toContain(key);
    }
  });

  test('a reader that wants no more ends it quietly', async () => {
    const lines = `${ownEvent}\n`.repeat(200_000);
    const child = spawn(process.execPath, [bin, 'shapes', 'test', file('many.ndjson', lines)], {
      cwd: folder,
      env: {},
    });
    let stderr = '';
    child.stderr.on('data', (text) => (stderr += String(text)));
    await once(child.stdout, 'data');
    child.stdout.destroy();
    const [code] = await once(child, 'close');
    expect([code, stderr]).toEqual([0, '']);
  });
});

describe('what a person can mend ends with 2 and one sentence', () => {
  test.each<[string, () => readonly string[], RegExp]>([
    ['no file', () => ['test'], /missing required argument 'file'/],
    [
      'a file that is not there',
      () => ['test', 'nowhere.ndjson'],
      /^weir: FILE: nowhere.ndjson cannot be read/,
    ],
    ['a folder', () => (mkdirSync(join(folder, 'sub')), ['test', 'sub']), /^weir: FILE: sub cannot be read/],
    [
      'UTF-16',
      () => ['test', file('utf16', Buffer.from('\ufeff{}', 'utf16le'))],
      /FILE: utf16 is UTF-16; save it as UTF-8\./,
    ],
    ['gzip', () => ['test', file('gz', Uint8Array.of(0x1f, 0x8b, 8))], /FILE: gz is gzip; unpack it first\./],
    ['another command', () => ['tets'], /^weir: unknown command 'tets'; did you mean test\?\n$/],
    [
      'an unknown option',
      () => ['test', '-', '--jsn'],
      /^weir: unknown option '--jsn'; did you mean --json\?\n$/,
    ],
    ['shapes that are not there', () => ['list', '--shapes', 'no.yaml'], /--shapes: no.yaml cannot be read/],
    [
      'a configuration that is not there',
      () => ['list', '--config', 'no.yaml'],
      /--config: no.yaml cannot be read/,
    ],
    ['shapes that are no YAML', () => ['list', '--shapes', '[{'], /--shapes is not YAML: .*line 1/],
    [
      'a wrong definition',
      () => [
        'list',
        '--config',
        file('bad.yaml', 'shapes: [{name: own, recognise: {has: a}, fields: {modell: m}}]'),
      ],
      /^weir: shapes\[0\]\.fields\.modell in bad.yaml is not known here; known are requestId, .*for example/,
    ],
    [
      'a wrong text shape',
      () => ['test', '-', '--textShapes', 'weir'],
      /--textShapes "weir" is none of the words/,
    ],
  ])('%s', async (_, args, said) => {
    const {code, stdout, stderr} = await shapes(args());
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(said);
    expect(stderr).not.toMatch(stackTrace);
  });

  test('without a command the help goes to standard error', async () => {
    const {code, stdout, stderr} = await shapes([]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain('Usage: weir shapes');
  });
});

test.each([[['--help']], [['list', '--help']], [['test', '--help']]])(
  'the help of %j fits 80 columns',
  async (args) => {
    const {code, stdout} = await shapes(args);
    expect(code).toBe(0);
    expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
    expect(stdout).toMatchSnapshot();
  },
);
