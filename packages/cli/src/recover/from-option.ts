import type {From} from '@weir/worker';
import {InvalidArgumentError} from 'commander';

const time = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:\d{2})$/;

/** `--from`. @throws {InvalidArgumentError} which commander prints behind the option's name */
export function parseFrom(text: string): From {
  if (text === 'earliest' || text === 'latest') return {kind: text};
  if (/^\d{1,15}$/.test(text)) return {kind: 'sequence', sequenceNumber: Number(text)};
  const fromMs = time.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(fromMs)) {
    throw new InvalidArgumentError(
      'give earliest, latest, the sequence number of the first event to read, or a time in ISO 8601 with its zone, for example 2024-05-17T13:15:00Z.',
    );
  }
  return {kind: 'time', fromMs};
}

/** As a person would write it behind `--from`. */
export function formatFrom(from: From): string {
  switch (from.kind) {
    case 'earliest':
    case 'latest':
      return from.kind;
    case 'sequence':
      return String(from.sequenceNumber);
    case 'time':
      return new Date(from.fromMs).toISOString();
  }
}
