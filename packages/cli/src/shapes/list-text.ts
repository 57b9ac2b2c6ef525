import {eventFields, missingCosts, type EventField, type ShapeFacts} from '@weir/pipeline';
import {wrapped} from '../recover/partition-text.ts';

/** A shape, and what makes it be read: it is built in, the configuration describes it, or asks for it. */
export interface ListedShape extends ShapeFacts {
  readonly origin: 'built in' | 'yours' | 'only with textShapes';
}

/** All shapes in the order in which they are asked, for a person. */
export function listText(shapes: readonly ListedShape[]): string {
  const costs = eventFields.flatMap((field) =>
    wrapped(missingCosts[field], ' '.repeat(21), `  ${field.padEnd(18)} `),
  );
  return `${[...shapes.flatMap(shapeLines), 'What it costs that a field is missing:', '', ...costs].join('\n')}\n`;
}

/** The same as objects: what a shape lacks comes with what that costs. */
export function listJson(shapes: readonly ListedShape[]): object[] {
  return shapes.map(({name, description, origin, tells, lacks}) => ({
    name,
    description,
    origin,
    tells,
    lacks: lacks.map((field) => ({field, costs: missingCosts[field]})),
  }));
}

function shapeLines({name, description, origin, tells, lacks}: ShapeFacts & ListedShape): string[] {
  const note = origin === 'built in' ? '' : ` (${origin})`;
  return [
    `${name}${note}`,
    ...wrapped(description, '  '),
    ...wrapped(tells === 'nothing' ? told[tells] : `${told[tells]} ${lacksText(lacks)}`, '  '),
    '',
  ];
}

const told: Readonly<Record<ShapeFacts['tells'], string>> = {
  calls: 'One event per call.',
  halves: 'Several events per call, which become one.',
  nothing: 'Recognised, and skipped with a count.',
};

function lacksText(lacks: readonly EventField[]): string {
  if (lacks.length === 0) return 'Lacks nothing.';
  const has = eventFields.filter((field) => !lacks.includes(field));
  return has.length < 3 ? `Has nothing but ${has.join(', ')}.` : `Lacks ${lacks.join(', ')}.`;
}
