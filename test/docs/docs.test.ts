import {existsSync, readdirSync, readFileSync} from 'node:fs';
import {dirname, join, relative, resolve} from 'node:path';
import {describe, expect, test} from 'vitest';
import {createMetrics} from '../../packages/worker/src/metrics.ts';

const root = resolve(import.meta.dirname, '../..');
const adrFolder = join(root, 'docs/adr');
const skippedFolders: ReadonlySet<string> = new Set(['node_modules', 'coverage']);

/** Pages of this repository, by their path from its root. */
const pages: ReadonlyMap<string, string> = new Map(
  markdownFiles(root).map((path) => [relative(root, path), readFileSync(path, 'utf8')]),
);
const adrs = readdirSync(adrFolder).toSorted();

test('decisions are numbered from 001 without gaps', () => {
  const numbers = adrs.map((name) => /^ADR-(\d{3})-[A-Za-z0-9-]+\.md$/.exec(name)?.[1] ?? name);
  expect(numbers).toEqual(adrs.map((_, index) => String(index + 1).padStart(3, '0')));
});

test.each(adrs)('%s has title, status, context, decision and consequences', (name) => {
  const headings = headingsOf(read(`docs/adr/${name}`));
  const [title, ...sections] = headings.map(({text}) => text);
  expect(title).toMatch(new RegExp(`^${name.slice(0, 'ADR-000'.length)}: \\S`));
  expect(sections).toEqual(['Status', 'Context', 'Decision', 'Consequences']);
});

describe.each([...pages.keys()])('%s', (page) => {
  test('every relative link leads to a file, and to a heading where it names one', () => {
    const broken = linksOf(read(page)).filter((link) => !resolves(link, page));
    expect(broken).toEqual([]);
  });
});

test('the README shows the two commands', () => {
  const lines = read('README.md').split('\n');
  expect(lines).toContain('    npm install && npm start');
  expect(lines).toContain('    npm install && npm test');
});

test('the page for operators names every metric of the worker, and no other', () => {
  const declared = createMetrics()
    .registry.getMetricsAsArray()
    .map(({name}) => name);
  const named = read('docs/operations.md').match(/\bweir_[a-z_]+/g) ?? [];
  expect(new Set(named)).toEqual(new Set(declared));
});

function markdownFiles(folder: string): string[] {
  return readdirSync(folder, {withFileTypes: true}).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      return entry.name.startsWith('.') || skippedFolders.has(entry.name) ? [] : markdownFiles(path);
    }
    return entry.name.endsWith('.md') ? [path] : [];
  });
}

function read(page: string): string {
  const text = pages.get(page);
  if (text === undefined) throw new Error(`There is no page ${page}.`);
  return text;
}

/** Code is not prose: what looks like a heading or a link in there is none. */
function withoutCode(text: string): string {
  return text
    .replaceAll(/^```.*?^```$/gms, '')
    .replaceAll(/`[^`\n]*`/g, (code) => code.replaceAll(/[[\]()]/g, '-'));
}

function headingsOf(text: string): {level: number; text: string}[] {
  return [...withoutCode(text).matchAll(/^(#{1,6}) (.+)$/gm)].map(([, marks = '', heading = '']) => ({
    level: marks.length,
    text: heading,
  }));
}

function linksOf(text: string): string[] {
  const targets = [...withoutCode(text).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
  return targets.filter((target) => !/^[a-z]+:/.test(target));
}

function resolves(link: string, page: string): boolean {
  const [path = '', anchor] = link.split('#', 2);
  const target = path === '' ? page : relative(root, resolve(root, dirname(page), path));
  if (!existsSync(join(root, target))) return false;
  if (anchor === undefined) return true;
  return headingsOf(read(target)).some(({text}) => anchorOf(text) === anchor);
}

/** As GitHub makes it: lower case, punctuation dropped, spaces to hyphens. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}
