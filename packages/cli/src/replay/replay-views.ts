import {grainMs, type Dimension, type Grain, type ShardedView} from '@weir/pipeline';
import {ConfigurationError, nearest, type Config} from '@weir/worker';
import type {TimeRange} from './replay-plan.ts';

/** Which views are replayed. */
export type ViewChoice =
  /** Undefined: all of the configuration. */
  | {readonly kind: 'configured'; readonly name: string | undefined}
  | {readonly kind: 'own'; readonly groupBy: readonly Dimension[]; readonly windows: readonly Grain[]};

const ownName = 'replay';

/**
 * The views to replay. Without diagnostics only arrival views can be counted, and a view of one's own is one.
 * @throws {ConfigurationError}
 */
export function replayedViews(
  {views}: Pick<Config, 'views'>,
  choice: ViewChoice,
  {hasDiagnostics}: {hasDiagnostics: boolean},
): readonly ShardedView[] {
  if (choice.kind === 'own') {
    const {groupBy, windows} = choice;
    const needing = hasDiagnostics ? undefined : groupBy.find((name) => onlyOfDiagnostics.includes(name));
    if (needing !== undefined) {
      throw new ConfigurationError([
        `--group-by: only diagnostics know ${needing}. Say where they are with --diagnostics.`,
      ]);
    }
    return [{name: ownName, on: hasDiagnostics ? 'resolved' : 'arrival', groupBy, windows, shards: 1}];
  }
  const chosen = choice.name === undefined ? views : views.filter(({name}) => name === choice.name);
  if (chosen.length === 0) throw new ConfigurationError([unknownView(choice.name ?? '', views)]);
  const countable = hasDiagnostics ? chosen : chosen.filter(({on}) => on === 'arrival');
  if (countable.length > 0) return countable;
  throw new ConfigurationError([
    `--view: ${chosen[0]!.name} counts what diagnostics say. Say where they are with --diagnostics.`,
  ]);
}

const onlyOfDiagnostics: readonly Dimension[] = ['modelVersion', 'principal'];

function unknownView(name: string, views: Config['views']): string {
  const names = views.map((view) => view.name);
  const near = nearest(name, names)?.name;
  const advice = near === undefined ? `The views are ${names.join(', ')}.` : `Did you mean ${near}?`;
  return `--view: there is no view ${name}. ${advice}`;
}

/** Whether a window of this size lies whole in the range. */
export function hasWholeWindow(grain: Grain, {fromMs, untilMs}: TimeRange): boolean {
  const sizeMs = grainMs[grain];
  return Math.ceil(fromMs / sizeMs) * sizeMs + sizeMs <= untilMs;
}
