import {grains, type AggregateDelta, type Grain, type ShardedView} from '@weir/pipeline';
import Table from 'cli-table3';
import {withoutFrame} from '../../demo/region-table.ts';
import {groupOf} from './replayed-documents.ts';

/** Of all tables together; each gets its share, and at least a few. */
export const rowsShownMax = 40;
const rowsShownMin = 5;
const columns = 80;
/** Of one value of a group: a GUID is known by its beginning. */
const valueLengthMax = 20;

/** A table for each view and window size, for a terminal of 80 columns. */
export function tableText(sorted: readonly AggregateDelta[], views: readonly ShardedView[]): string {
  const tables = views.flatMap((view) =>
    grains.flatMap((grain) => {
      const own = sorted.filter(({target}) => target.view === view.name && target.grain === grain);
      return own.length === 0 ? [] : [{view, grain, own}];
    }),
  );
  const share = Math.max(rowsShownMin, Math.floor(rowsShownMax / Math.max(1, tables.length)));
  const texts = tables.map(({view, grain, own}) => {
    const more = own.length - share;
    const cut = more > 0 ? `… and ${count(more)} more\n` : '';
    return `${view.name}, ${grain}\n${oneTable(own.slice(0, share), {view, grain})}\n${cut}`;
  });
  const isCut = tables.some(({own}) => own.length > share);
  const advice = `\n${count(sorted.length)} documents; --format csv, json or ndjson gives all of them.\n`;
  return texts.join('\n') + (isCut ? advice : '');
}

interface Column {
  readonly head: string;
  readonly text: (delta: AggregateDelta) => string;
}

function oneTable(
  deltas: readonly AggregateDelta[],
  {view, grain}: {view: ShardedView; grain: Grain},
): string {
  const numbers = view.on === 'resolved' ? [...counted, ...resolved] : [...counted, ...arrived];
  const rows = deltas.map((delta) => numbers.map(({text}) => text(delta)));
  const windows = deltas.map(({target}) => windowText(target.windowStartMs, grain));
  const heads = numbers.map(({head}) => head);
  const widths = [...heads.keys()].map((i) => widest([heads[i]!, ...rows.map((row) => row[i]!)]));
  const windowWidth = widest(['window', ...windows]);
  const used = [windowWidth, ...widths].reduce((sum, width) => sum + width + 1, 0);
  const [groupHead = '', ...groups] = alignedIn(columns - used, [
    view.groupBy.length === 0 ? ['all'] : view.groupBy,
    ...deltas.map((delta) => groupOf(delta, view).map(shortened)),
  ]);
  const groupWidth = Math.min(columns - used, widest([groupHead, ...groups]));
  const table = new Table({
    head: ['window', groupHead, ...heads],
    colWidths: [windowWidth, groupWidth, ...widths],
    colAligns: ['left', 'left', ...Array<'right'>(heads.length).fill('right')],
    wordWrap: true,
    style: {head: [], border: [], compact: true, 'padding-left': 0, 'padding-right': 0},
    chars: withoutFrame,
  });
  for (const [i, row] of rows.entries()) table.push([windows[i]!, groups[i]!, ...row]);
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

const counted: readonly Column[] = [
  {head: 'requests', text: ({measures}) => count(measures.requests)},
  {head: 'tokens', text: ({measures}) => count(measures.totalTokens)},
];
const arrived: readonly Column[] = [
  {head: 'throttled', text: ({measures}) => count(measures.throttled)},
  {head: 'failed', text: ({measures}) => count(measures.failed)},
];
const resolved: readonly Column[] = [
  {head: 'p50 s', text: (delta) => secondsAt(delta, 0.5)},
  {head: 'p95 s', text: (delta) => secondsAt(delta, 0.95)},
  {head: 'matched/un', text: ({measures}) => `${count(measures.matched)}/${count(measures.unmatched)}`},
];

function secondsAt({measures, sketch}: AggregateDelta, q: number): string {
  if (sketch === undefined) return '-';
  const range = {min: measures.durationMsMin, max: measures.durationMsMax};
  return (sketch.quantile(q, range) / 1000).toFixed(2);
}

/** Each line's values, below one another where that fits; else they follow one another, to be wrapped. */
function alignedIn(width: number, lines: readonly (readonly string[])[]): string[] {
  const widths = lines[0]!.map((_, i) => widest(lines.map((line) => line[i] ?? '')));
  const aligned = lines.map((line) =>
    line
      .map((value, i) => value.padEnd(widths[i]!))
      .join(' ')
      .trimEnd(),
  );
  return widest(aligned) <= width ? aligned : lines.map((line) => line.join(' '));
}

/** `05-17 12:05`; of a day, its date. */
function windowText(startMs: number, grain: Grain): string {
  const iso = new Date(startMs).toISOString();
  return grain === '1d' ? iso.slice(0, 10) : `${iso.slice(5, 10)} ${iso.slice(11, 16)}`;
}

function shortened(text: string): string {
  return text.length > valueLengthMax ? `${text.slice(0, valueLengthMax - 1)}…` : text;
}

function widest(texts: readonly string[]): number {
  return texts.reduce((width, text) => Math.max(width, text.length), 0);
}

function count(n: number): string {
  return n.toLocaleString('en-US');
}
