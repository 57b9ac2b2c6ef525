import {InvalidArgumentError, type Option} from 'commander';

const pattern = /^(\d{4}-\d{2}-\d{2})T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,7})?)?(?:Z|[+-]\d{2}:\d{2})$/;

/** A time in ISO 8601 with its zone, ms since the epoch; undefined for anything else, 30 February included. */
export function timeOf(text: string): number | undefined {
  const [, day] = pattern.exec(text) ?? [];
  const ms = Date.parse(text);
  if (day === undefined || Number.isNaN(ms)) return undefined;
  // Date.parse takes 30 February for 1 March; the day alone, read back, does not.
  return new Date(Date.parse(`${day}T00:00:00Z`)).toISOString().startsWith(day) ? ms : undefined;
}

/** An option that is a time. @throws {InvalidArgumentError} which commander prints behind the option's name */
export function parseTime(text: string): number {
  const ms = timeOf(text);
  if (ms !== undefined) return ms;
  throw new InvalidArgumentError('give a time in ISO 8601 with its zone, for example 2024-05-17T13:15:00Z.');
}

/** An option that is a whole number from `min` to `max`. @throws {InvalidArgumentError} */
export function wholeNumber({min, max}: {min: number; max: number}): (text: string) => number {
  return (text) => {
    const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw new InvalidArgumentError(
      `give a whole number from ${min} to ${max}, for example ${Math.max(min, 1)}.`,
    );
  };
}

const offered = new WeakMap<Option, readonly string[]>();

/** The option, with words for a shell to offer behind it. It may take other texts, too; for one that may not see `choices`. */
export function offering(words: readonly string[], option: Option): Option {
  offered.set(option, words);
  return option;
}

/** What `offering` was told. */
export function wordsOfferedFor(option: Option): readonly string[] {
  return offered.get(option) ?? [];
}
