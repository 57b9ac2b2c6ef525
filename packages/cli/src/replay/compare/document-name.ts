import {dimensions, grainMs, type DocumentTarget} from '@weir/pipeline';
import type {ViewWindow} from './view-windows.ts';

/** `region-usage 5m 2024-05-17T12:05:00.000Z`. */
export function windowName({view, grain, windowStartMs}: ViewWindow): string {
  return `${view} ${grain} ${new Date(windowStartMs).toISOString()}`;
}

/** The dimensions that the view groups by: `region eastus, deployment gpt-4o-main`. */
export function groupName({dimensions: values}: DocumentTarget): string {
  const named = dimensions.flatMap((dimension, i) =>
    values[i] === 'all' ? [] : [`${dimension} ${values[i]}`],
  );
  return named.length === 0 ? 'all events' : named.join(', ');
}

/** Identity as the documents have it. */
export function identityOf(target: DocumentTarget): Record<string, unknown> {
  const {id, view, grain, windowStartMs} = target;
  return {
    id,
    view,
    grain,
    windowStart: new Date(windowStartMs).toISOString(),
    windowEnd: new Date(windowStartMs + grainMs[grain]).toISOString(),
    dimensions: Object.fromEntries(dimensions.map((dimension, i) => [dimension, target.dimensions[i]])),
  };
}

/** A figure for a person. */
export function valueText(value: unknown): string {
  if (typeof value === 'number') return value.toLocaleString('en-US', {maximumFractionDigits: 3});
  if (value === undefined) return 'nothing';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > valueCharsMax ? `${text.slice(0, valueCharsMax)}…` : text;
}

/** A sketch is long, and nobody reads it. */
const valueCharsMax = 24;
