import {fileLayer, type ConfigurationFile} from './file.ts';
import {nearest} from './nearest.ts';
import type {Problem} from './problem.ts';
import {keyByName, keys} from './settings.ts';
import {unknownKey} from './unknown-key.ts';

/** A value that somebody gave, before it is read. */
export interface Given {
  readonly value: unknown;
  /** The variable, key or flag to change. */
  readonly where: string;
}

/** By the key's name. */
export type Layer = ReadonlyMap<string, Given>;

export interface Sources {
  /** By key: `{'join.deadline': '10m'}`. */
  readonly flags?: Readonly<Record<string, string>>;
  readonly env: NodeJS.ProcessEnv;
  readonly file?: ConfigurationFile;
}

/** Names nearer than this are one misspelt; farther ones may belong to another program. */
const misspeltDistanceMax = 2;

/**
 * What was given for each key, flags over environment over file. Of the file only the keys of `names` are looked at, all
 * by default.
 */
export function mergedLayers(
  sources: Sources,
  names: Iterable<string> = keyByName.keys(),
): {given: Layer; problems: Problem[]; warnings: string[]} {
  const file = sources.file === undefined ? undefined : fileLayer(sources.file, sources.env, new Set(names));
  const environment = environmentLayer(sources.env);
  const flags = flagLayer(sources.flags ?? {});
  return {
    given: new Map([...(file?.given ?? []), ...environment.given, ...flags.given]),
    problems: [...(file?.problems ?? []), ...environment.problems, ...flags.problems],
    warnings: environment.warnings,
  };
}

/** An empty variable counts as not set: compose files and charts pass those on for what was left out. */
function environmentLayer(env: NodeJS.ProcessEnv): {given: Layer; problems: Problem[]; warnings: string[]} {
  const given = new Map<string, Given>();
  const warnings: string[] = [];
  for (const {name, variables} of keys) {
    const [first, second] = variables.filter((variable) => {
      if (!isServiceAddress(env[variable])) return isSet(env[variable]);
      warnings.push(
        `${variable} is not used: its value is one that Kubernetes sets for a Service of that name.`,
      );
      return false;
    });
    if (first === undefined) continue;
    given.set(name, {value: env[first], where: first});
    if (second !== undefined && env[second] !== env[first]) {
      warnings.push(`${second} is not used, because ${first} is set too and says something else.`);
    }
  }
  const known = keys.flatMap(({variables}) => variables);
  const problems: Problem[] = [];
  for (const variable of Object.keys(env)) {
    const foreign =
      !variable.startsWith('WEIR_') || known.includes(variable) || isServiceLink(variable, env[variable]);
    if (foreign || !isSet(env[variable])) continue;
    const near = nearest(variable, known);
    if (near !== undefined && near.distance <= misspeltDistanceMax) {
      problems.push({
        severity: 'unknown',
        text: `${variable} is not a variable of Weir; did you mean ${near.name}?`,
      });
    } else {
      warnings.push(`${variable} is not a variable of Weir and is not used.`);
    }
  }
  return {given, problems, warnings};
}

function flagLayer(flags: Readonly<Record<string, string>>): {given: Layer; problems: Problem[]} {
  const given = new Map<string, Given>();
  const problems: Problem[] = [];
  for (const [name, value] of Object.entries(flags)) {
    const where = `--${name}`;
    if (keyByName.has(name)) given.set(name, {value, where});
    else problems.push(unknownKey({where, name}));
  }
  return {given, problems};
}

/** Kubernetes sets such variables in every pod for a Service that is named `weir` or `weir-…`. */
function isServiceLink(variable: string, value: string | undefined): boolean {
  const names = /_SERVICE_(?:HOST|PORT(?:_\w+)?)$|_PORT_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?$/;
  return names.test(variable) || isServiceAddress(value);
}

/** A Service named `weir-http` would otherwise set `WEIR_HTTP_PORT` to `tcp://10.0.0.1:8080`. */
function isServiceAddress(text: string | undefined): boolean {
  return /^(?:tcp|udp|sctp):\/\//.test(text ?? '');
}

function isSet(text: string | undefined): boolean {
  return text !== undefined && text.trim() !== '';
}
