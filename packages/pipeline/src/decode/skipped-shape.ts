import {eventFields, type Shape} from './shape.ts';

/** A shape whose records are known to be no calls: each is recognised, and skipped with a count. */
export function skippedShape(
  facts: Pick<Shape, 'name' | 'description' | 'requiredKeys' | 'recognise'>,
): Shape {
  const {name} = facts;
  return {...facts, tells: 'nothing', lacks: eventFields, read: () => ({kind: 'skipped', shape: name})};
}
