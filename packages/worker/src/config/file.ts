import {parseDocument} from 'yaml';
import type {Given, Layer} from './layers.ts';
import {oneLine, type Problem} from './problem.ts';
import {withoutSecrets} from './secrets.ts';
import {keyByName} from './settings.ts';
import {unknownKey} from './unknown-key.ts';

export interface ConfigurationFile {
  /** For messages. */
  readonly name: string;
  /** YAML. */
  readonly text: string;
}

/** A configuration is some kilobytes; anything larger is not one. */
const fileCharsMax = 1_048_576;

/** Sections that keys lie in, `join` and the like. */
const sections = new Set([...keyByName.keys()].flatMap((name) => name.split('.').slice(0, -1)));

/** What the file gives. `${NAME}` in a value is taken from the environment. */
export function fileLayer(
  file: ConfigurationFile,
  env: NodeJS.ProcessEnv,
): {given: Layer; problems: Problem[]} {
  const {root, problem} = parsed(file);
  if (problem !== undefined) return {given: new Map(), problems: [problem]};
  const found = {file, env, given: new Map<string, Given>(), problems: [] as Problem[]};
  if (root !== null && root !== '') collect(root, [], found);
  return found;
}

function parsed({name, text}: ConfigurationFile): {root?: unknown; problem?: Problem} {
  const broken = (why: string): {problem: Problem} => {
    return {
      problem: {
        severity: 'file',
        text: `${name} is not a configuration file: ${withoutSecrets(oneLine(why))}`,
      },
    };
  };
  if (text.length > fileCharsMax) return broken(`it is longer than ${fileCharsMax} characters.`);
  try {
    // Every scalar stays the text that was written: 007 is a name, and only a key's own reading makes it a number.
    const document = parseDocument(text, {schema: 'failsafe'});
    const [error] = document.errors;
    if (error !== undefined) return broken(error.message);
    const root: unknown = document.toJS();
    const isMap = typeof root === 'object' && !Array.isArray(root);
    return isMap || root === ''
      ? {root}
      : broken('it must be a map of keys, for example flush: {interval: 10s}.');
  } catch (error) {
    // Aliases are only followed here, and one without an anchor, or too many of them, throws.
    return broken(error instanceof Error ? error.message : String(error));
  }
}

interface Found {
  readonly file: ConfigurationFile;
  readonly env: NodeJS.ProcessEnv;
  readonly given: Map<string, Given>;
  readonly problems: Problem[];
}

/** Walks maps down to keys. A key may also be written in one word: `join.deadline: 10m`. */
function collect(node: unknown, above: readonly string[], found: Found): void {
  const name = above.join('.');
  const where = `${name} in ${found.file.name}`;
  if (keyByName.has(name)) {
    const value = filled(node, where, found);
    // An empty value counts as not set, as it does in the environment.
    if (value === undefined || value === '' || value === 'null' || value === '~') return;
    if (found.given.has(name)) found.problems.push({severity: 'value', text: `${where} is given twice.`});
    found.given.set(name, {value: listAsText(value), where});
  } else if (
    typeof node === 'object' &&
    node !== null &&
    !Array.isArray(node) &&
    (name === '' || sections.has(name))
  ) {
    for (const [part, below] of Object.entries(node)) collect(below, [...above, part], found);
  } else if (sections.has(name)) {
    if (node !== '' && node !== null) {
      found.problems.push({
        severity: 'value',
        text: `${where} must be a map of keys, such as ${exampleIn(name)}.`,
      });
    }
  } else {
    found.problems.push(unknownKey({where, name}));
  }
}

/** The value with its `${NAME}`s filled in; undefined where one is not set, which is a problem of its own. */
function filled(node: unknown, where: string, found: Found): unknown {
  if (Array.isArray(node)) return node.map((item) => filled(item, where, found));
  if (typeof node === 'object' && node !== null) {
    return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, filled(value, where, found)]));
  }
  if (typeof node !== 'string') return node;
  let complete = true;
  const text = node.replaceAll(/\$\{([^}]*)\}/g, (_, name: string) => {
    const value = found.env[name] ?? '';
    if (/^[A-Za-z_]\w*$/.test(name) && value !== '') return value;
    complete = false;
    found.problems.push({
      severity: 'file',
      text: oneLine(`${where} names the variable \${${name}}, which is not set.`),
    });
    return '';
  });
  return complete ? text : undefined;
}

/** `[a, b]` is another way to write `a,b`; a list of maps stays one. */
function listAsText(value: unknown): unknown {
  const isPlain = Array.isArray(value) && value.every((item) => typeof item === 'string');
  return isPlain ? value.join(',') : value;
}

function exampleIn(section: string): string {
  const name = [...keyByName.keys()].find((key) => key.startsWith(`${section}.`)) ?? '';
  return `${section}: {${name.slice(section.length + 1)}: ${keyByName.get(name)?.example}}`;
}
