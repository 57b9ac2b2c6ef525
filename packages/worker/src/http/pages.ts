import {readFile} from 'node:fs/promises';
import type {Answer} from './answer.ts';

/** The files of the status page: a closed list, so that no path of a request ever reaches the disk. */
const files: readonly {readonly path: string; readonly file: string; readonly type: string}[] = [
  {path: '/', file: 'status.html', type: 'text/html; charset=utf-8'},
  {path: '/status.css', file: 'status.css', type: 'text/css; charset=utf-8'},
  {path: '/status.js', file: 'status.js', type: 'text/javascript; charset=utf-8'},
  {path: '/favicon.svg', file: 'favicon.svg', type: 'image/svg+xml'},
];

/** The page's files by path, read once. */
export async function loadPages(): Promise<ReadonlyMap<string, Answer>> {
  const answers = files.map(async ({path, file, type}): Promise<[string, Answer]> => {
    const body = await readFile(new URL(`assets/${file}`, import.meta.url), 'utf8');
    return [path, {status: 200, type, body}];
  });
  return new Map(await Promise.all(answers));
}
