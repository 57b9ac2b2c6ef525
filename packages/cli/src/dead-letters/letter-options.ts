import {deadLetterReasons} from '@weir/pipeline';
import {nearest} from '@weir/worker';
import {InvalidArgumentError, Option} from 'commander';
import {offering} from '../option-values.ts';
import type {Place} from './stored-letters.ts';

const reasons = [...deadLetterReasons, 'too early', 'too late', 'lost'];

export function reasonOption(): Option {
  return offering(reasons, new Option('--reason <reason>', 'only for this reason')).argParser(parseReason);
}

/** @throws {InvalidArgumentError} which commander prints behind the option's name */
function parseReason(text: string): string {
  if (reasons.includes(text)) return text;
  const near = nearest(text, reasons);
  throw new InvalidArgumentError(
    near === undefined ? `give one of ${reasons.join(', ')}.` : `did you mean "${near.name}"?`,
  );
}

/** @throws {InvalidArgumentError} */
export function parsePartition(text: string): string {
  if (/^\d{1,5}$/.test(text)) return text;
  throw new InvalidArgumentError('give the number of a partition, for example 0.');
}

/** @throws {InvalidArgumentError} */
export function parsePlace(text: string): Place {
  const [, partition, sequenceNumber, index] = /^(\d{1,5})\/(\d{1,15})(?:\/(\d{1,6}))?$/.exec(text) ?? [];
  if (partition === undefined) {
    throw new InvalidArgumentError('give partition and sequence number, for example 1/148.');
  }
  return {
    partition,
    sequenceNumber: Number(sequenceNumber),
    ...(index !== undefined && {index: Number(index)}),
  };
}
