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

/** What the file gives for the keys of `names`. `${NAME}` in a value is taken from the environment. */
export function fileLayer(
  file: ConfigurationFile,
  env: NodeJS.ProcessEnv,
  names: ReadonlySet<string>,
): {given: Layer; problems: Problem[]} {
  const {root, typedRoot, problem} = parsed(file);
  if (problem !== undefined) return {given: new Map(), problems: [problem]};
  const found = {file, env, names, given: new Map<string, Given>(), problems: [] as Problem[]};
  if (root !== null && root !== '') collect({plain: root, typed: typedRoot}, [], found);
  return found;
}

/** The same map twice: `typedRoot` with YAML's own scalars, for the keys that want them. */
function parsed({name, text}: ConfigurationFile): {root?: unknown; typedRoot?: unknown; problem?: Problem} {
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
      ? {root, typedRoot: parseDocument(text, {schema: 'core'}).toJS() as unknown}
      : broken('it must be a map of keys, for example flush: {interval: 10s}.');
  } catch (error) {
    // Aliases are only followed here, and one without an anchor, or too many of them, throws.
    return broken(error instanceof Error ? error.message : String(error));
  }
}

interface Node {
  readonly plain: unknown;
  readonly typed: unknown;
}

interface Found {
  readonly file: ConfigurationFile;
  readonly env: NodeJS.ProcessEnv;
  readonly names: ReadonlySet<string>;
  readonly given: Map<string, Given>;
  readonly problems: Problem[];
}

/** Walks maps down to keys. A key may also be written in one word: `join.deadline: 10m`. */
function collect({plain: node, typed}: Node, above: readonly string[], found: Found): void {
  const name = above.join('.');
  const where = `${name} in ${found.file.name}`;
  const key = keyByName.get(name);
  if (key !== undefined) {
    if (!found.names.has(name)) return;
    const isTyped = key.typed === true && node !== '';
    const value = filled(isTyped ? typed : node, where, found);
    // An empty value counts as not set, as it does in the environment.
    if (value == null || value === '' || value === 'null' || value === '~') return;
    if (found.given.has(name)) found.problems.push({severity: 'value', text: `${where} is given twice.`});
    found.given.set(name, {value: isTyped ? value : listAsText(value), where});
  } else if (
    typeof node === 'object' &&
    node !== null &&
    !Array.isArray(node) &&
    (name === '' || sections.has(name))
  ) {
    for (const [part, plain] of Object.entries(node)) {
      collect({plain, typed: (typed as Record<string, unknown>)[part]}, [...above, part], found);
    }
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
