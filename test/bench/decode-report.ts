import type {DecodeSpeed} from './decode-speed.ts';

/** The bar of the project: per byte no shape may be slower than half of the plain flat one. */
export const perByteMin = 0.5;

/** The part of `npm run bench` about decoding; at most 80 columns. */
export function renderDecode({
  shapes,
  wrappers,
}: {
  shapes: readonly DecodeSpeed[];
  wrappers: readonly DecodeSpeed[];
}): string {
  const lines = [
    row('shape', ['bytes', 'events/s', 'MB/s', 'flat MB/s', 'per byte']),
    ...shapes.map((speed) =>
      speedRow(speed, {flat: megabytes(speed.flatBytesPerSecond), ratio: speed.perByte}),
    ),
    '',
    row('20 flat events as', ['bytes', 'events/s', 'MB/s', '', 'per event']),
    ...wrappers.map((speed) => speedRow(speed, {flat: '', ratio: speed.perEvent})),
  ];
  return [
    '',
    'Decoding, one thread; of each shape its documents in the corpus',
    ...lines,
    verdict(shapes),
    '',
  ].join('\n');
}

function verdict(shapes: readonly DecodeSpeed[]): string {
  const slowest = shapes.reduce((least, speed) => (speed.perByte < least.perByte ? speed : least));
  const state = slowest.perByte >= perByteMin ? 'met' : 'not met';
  return `the bar of ${perByteMin} per byte is ${state}: ${slowest.name} is the slowest at ${slowest.perByte.toFixed(2)}`;
}

function speedRow(
  {name, bodyBytes, eventsPerSecond, bytesPerSecond}: DecodeSpeed,
  {flat, ratio}: {flat: string; ratio: number},
): string {
  const perSecond = Math.round(eventsPerSecond).toLocaleString('en-US');
  return row(name, [bodyBytes.toFixed(0), perSecond, megabytes(bytesPerSecond), flat, ratio.toFixed(2)]);
}

const widths = [8, 12, 8, 12, 12];

function row(name: string, cells: readonly string[]): string {
  return name.padEnd(26) + cells.map((cell, at) => cell.padStart(widths[at]!)).join('');
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}
