import type {Config} from './config.ts';
import {keys, nameOf} from './settings.ts';
import {durationText, sizeText} from './values.ts';

const secretNames: ReadonlySet<string> = new Set(keys.filter(({secret}) => secret).map(({name}) => name));

/**
 * The configuration as it is in force, by key, for one log line at start. Secrets read `(set)`; what is not set is
 * left out.
 */
export function describeConfig(config: Config): Record<string, string | number> {
  return Object.fromEntries(described(config, []));
}

function described(section: object, above: readonly string[]): [string, string | number][] {
  return Object.entries(section).flatMap(([field, value]: [string, unknown]) => {
    const path = [...above, field];
    if (value === undefined) return [];
    if (isSection(value)) return described(value, path);
    const name = nameOf(path);
    return [[name, secretNames.has(name) ? '(set)' : shown(value, path)]];
  });
}

/** The start position is an object too, but one value. */
function isSection(value: unknown): value is object {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !('enqueuedAfterMs' in value)
  );
}

function shown(value: unknown, path: readonly string[]): string | number {
  if (typeof value === 'number') {
    if (path.some((part) => part.endsWith('Ms'))) return durationText(value);
    return path.some((part) => /bytes/i.test(part)) ? sizeText(value) : value;
  }
  if (typeof value === 'string') return value;
  if (typeof value === 'object' && value !== null && 'enqueuedAfterMs' in value) {
    return new Date(Number(value.enqueuedAfterMs)).toISOString();
  }
  // Shapes are more than what was written down: their names say which ones are meant.
  return JSON.stringify(path[0] === 'shapes' ? (value as Config['shapes']).map(({name}) => name) : value);
}
