import type * as z from 'zod';
import type {Layer} from './layers.ts';
import {nearest} from './nearest.ts';
import {badValue, oneLine, type Problem} from './problem.ts';
import {keys, type Key} from './settings.ts';

/** What a schema refused, as a line that names what to change. */
export function problemOfIssue(issue: z.core.$ZodIssue, given: Layer): Problem {
  const key = keys.find(({path}) => path.every((part, index) => issue.path[index] === part));
  if (key === undefined) throw new Error(`No key for ${issue.path.join('.')}`);
  const {where = key.name, value} = given.get(key.name) ?? {};
  const inside = issue.path.slice(key.path.length);
  if (key.name === 'shapes') return {severity: 'value', text: shapesProblem({issue, inside, where, key})};
  if (key.name !== 'views') return badValue({key, where, value, problem: oneLine(issue.message)});
  const place = inside.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
  return {severity: 'value', text: `${where}${place}: ${viewProblem(issue, key)}`};
}

function viewProblem(issue: z.core.$ZodIssue, {bounds, example}: Key): string {
  const allowed = `a list of ${bounds}, for example ${example}`;
  if (issue.code !== 'unrecognized_keys') return `${oneLine(issue.message)}; ${allowed}.`;
  const [name = ''] = issue.keys;
  const near = nearest(name, ['name', 'on', 'groupBy', 'windows', 'shards']);
  const hint = near === undefined ? allowed : `did you mean ${near.name}?`;
  return oneLine(`${JSON.stringify(name.slice(0, 40))} is not a key of a view; ${hint}`);
}

/**
 * `shapes[0].fields.model in weir.yaml must be a path; for example …`: the place stands before the file that it is in. What is
 * wrong inside of a shape brings its own example.
 */
function shapesProblem(refused: {
  issue: z.core.$ZodIssue;
  inside: readonly PropertyKey[];
  where: string;
  key: Key;
}): string {
  const {issue, inside, where, key} = refused;
  const [index, path = ''] = inside.map(String);
  const place = index === undefined ? '' : `[${index}]${path === '' ? '' : `.${path}`}`;
  const isInFile = where.startsWith(key.name);
  const at = isInFile ? `${key.name}${place}${where.slice(key.name.length)}` : `${where}${place}`;
  const example = index === undefined ? `; it may be ${key.bounds}, for example ${key.example}` : '';
  return `${oneLine(`${at} ${issue.message}`)}${example}.`;
}
