import {defaultViews, dimensions, grains, type Dimension} from '@weir/pipeline';
import {parse} from 'yaml';
import * as z from 'zod';
import {shards} from './service.ts';
import {described, settingWith} from './setting.ts';

/** Only diagnostics know these, and an arrival view does not wait for them. */
const resolvedOnly: readonly Dimension[] = ['modelVersion', 'principal'];

/** Every event is folded into each view, so their number is a factor of the work. */
const viewsMax = 20;

const view = z
  .strictObject({
    name: z.string().regex(/^[a-z0-9-]{1,40}$/, 'is not 1 to 40 of a-z, 0-9 and -'),
    on: z.enum(['arrival', 'resolved']),
    groupBy: z.array(z.enum(dimensions)).refine(isDistinct, 'names a dimension twice'),
    windows: z.array(z.enum(grains)).min(1).refine(isDistinct, 'names a window twice'),
    shards: shards.optional(),
  })
  .superRefine(({on, groupBy}, context) => {
    const unknown = on === 'arrival' ? groupBy.filter((dimension) => resolvedOnly.includes(dimension)) : [];
    for (const dimension of unknown) {
      const message = `cannot hold ${dimension} in an arrival view, because only diagnostics know it; use on: resolved`;
      context.addIssue({code: 'custom', path: ['groupBy'], message});
    }
  });

const views = z
  .array(view)
  .min(1)
  .max(viewsMax)
  .refine((list) => isDistinct(list.map(({name}) => name)), 'gives two views the same name');

/** From the file as a list; from the environment or a flag as the same list in one line of YAML or JSON. */
const viewsOrText = described(z.preprocess(parsedIfText, views), {
  bounds: `1 to ${viewsMax} views`,
  example: "[{name: by-region, on: arrival, groupBy: [region], windows: ['5m', 1h]}]",
});

export const viewsSetting = settingWith(viewsOrText, defaultViews, {
  fallback: 'the three below',
  about: 'What is kept: each view names its moment, its dimensions and its windows.',
});

function isDistinct(texts: readonly string[]): boolean {
  return new Set(texts).size === texts.length;
}

function parsedIfText(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  try {
    return parse(value, {schema: 'failsafe'}) as unknown;
  } catch {
    // Left as text, which the schema refuses with a message that names the key.
    return value;
  }
}
