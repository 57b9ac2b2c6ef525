import {nearest} from './nearest.ts';
import {fromText, type Reading} from './setting.ts';

/** From the smallest to the largest. */
type Units = Readonly<Record<string, number>>;

const unitMs: Units = {ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000};
const unitBytes: Units = {B: 1, KiB: 1_024, MiB: 1_024 ** 2, GiB: 1_024 ** 3};

/** Milliseconds of `500ms`, `10s`, `4m`, `12h` or `30d`; undefined for any other text. */
export function durationMs(text: string): number | undefined {
  return amount(text, unitMs);
}

/** Bytes of `256MiB`; undefined for any other text. */
export function sizeBytes(text: string): number | undefined {
  return amount(text, unitBytes);
}

/** The shortest text that reads back as the same duration. */
export function durationText(ms: number): string {
  return inLargestUnit(ms, unitMs);
}

/** The shortest text that reads back as the same size. */
export function sizeText(bytes: number): string {
  return inLargestUnit(bytes, unitBytes);
}

/** A duration in ms. Bounds are texts, as the operator reads them; timers need a maximum below 2^31 ms (24 days). */
export function duration({min, max, example}: {min: string; max: string; example: string}) {
  return fromText({bounds: `${min} to ${max}`, example}, (text) => readDuration({text, min, max}));
}

/** A duration, or `none`, which reads as undefined. */
export function durationOrNone({min, max, example}: {min: string; max: string; example: string}) {
  return fromText({bounds: `${min} to ${max}, or none`, example}, (text): Reading<number | undefined> => {
    return text === 'none' ? {value: undefined} : readDuration({text, min, max});
  });
}

/** A size in bytes. */
export function size({min, max, example}: {min: string; max: string; example: string}) {
  return fromText({bounds: `${min} to ${max}`, example}, (text): Reading<number> => {
    const bytes = sizeBytes(text);
    if (bytes === undefined) return {problem: 'is not a size'};
    return within({value: bytes, min: sizeBytes(min), max: sizeBytes(max), minText: min, maxText: max});
  });
}

/** A whole number; `1_000_000` may be written for 1000000. */
export function count({min, max, example}: {min: number; max: number; example: string}) {
  return fromText({bounds: `${min} to ${max}`, example}, (text) => readCount({text, min, max}));
}

/** A whole number, or `unlimited`, which reads as undefined. */
export function countOrUnlimited({min, max, example}: {min: number; max: number; example: string}) {
  return fromText(
    {bounds: `${min} to ${max}, or unlimited`, example},
    (text): Reading<number | undefined> => {
      return text === 'unlimited' ? {value: undefined} : readCount({text, min, max});
    },
  );
}

/** One of a few words. */
export function oneOf<const Word extends string>(...words: [Word, ...Word[]]) {
  return fromText({bounds: words.join(', '), example: words[0]}, (text): Reading<Word> => {
    const word = words.find((candidate) => candidate === text);
    if (word !== undefined) return {value: word};
    const near = nearest(text, words);
    const hint = near === undefined ? '' : ` (did you mean ${near.name}?)`;
    return {problem: `is none of the words it may be${hint}`};
  });
}

/** A switch. */
export function trueOrFalse({example}: {example: 'true' | 'false'}) {
  return fromText({bounds: 'true, false', example}, (text): Reading<boolean> => {
    if (text === 'true' || text === 'false') return {value: text === 'true'};
    return {problem: 'is neither true nor false'};
  });
}

/** A name that another service checks for itself; only what could never be one is refused here. */
export function nameLike(pattern: RegExp, {bounds, example}: {bounds: string; example: string}) {
  return fromText({bounds, example}, (text): Reading<string> => {
    return pattern.test(text) ? {value: text} : {problem: 'cannot be such a name'};
  });
}

function readDuration({text, min, max}: {text: string; min: string; max: string}): Reading<number> {
  const ms = durationMs(text);
  if (ms === undefined) return {problem: 'is not a duration'};
  return within({value: ms, min: durationMs(min), max: durationMs(max), minText: min, maxText: max});
}

function readCount({text, min, max}: {text: string; min: number; max: number}): Reading<number> {
  if (!/^\d[\d_]{0,15}$/.test(text)) return {problem: 'is not a whole number'};
  return within({
    value: Number(text.replaceAll('_', '')),
    min,
    max,
    minText: String(min),
    maxText: String(max),
  });
}

function within(range: {
  value: number;
  min: number | undefined;
  max: number | undefined;
  minText: string;
  maxText: string;
}): Reading<number> {
  const {value, min, max, minText, maxText} = range;
  if (min === undefined || max === undefined) throw new Error(`Bad bounds: ${minText}, ${maxText}`);
  if (value < min) return {problem: `is less than ${minText}`};
  return value > max ? {problem: `is more than ${maxText}`} : {value};
}

function amount(text: string, units: Units): number | undefined {
  const [, digits, unit = ''] = /^(\d{1,9})([A-Za-z]{1,3})$/.exec(text) ?? [];
  const factor = Object.hasOwn(units, unit) ? units[unit] : undefined;
  return factor === undefined ? undefined : Number(digits) * factor;
}

function inLargestUnit(amount: number, units: Units): string {
  const [smallest = ['', 1] as const, ...larger] = Object.entries(units);
  const [unit, factor] = larger.findLast(([, factor]) => amount > 0 && amount % factor === 0) ?? smallest;
  return `${amount / factor}${unit}`;
}
