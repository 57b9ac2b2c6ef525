import {nearest} from './nearest.ts';
import {quoted, type Problem} from './problem.ts';
import {keyByName} from './settings.ts';

/** `join.deadlin in weir.yaml is not a key; did you mean join.deadline?` */
export function unknownKey({where, name}: {where: string; name: string}): Problem {
  const near =
    nearest(name, keyByName.keys()) ?? nearest(lastPart(name), [...keyByName.keys()].map(lastPart));
  const meant = keyByName.has(near?.name ?? '')
    ? near?.name
    : [...keyByName.keys()].find((key) => lastPart(key) === near?.name);
  const hint = meant === undefined ? 'docs/configuration.md lists them.' : `did you mean ${meant}?`;
  return {severity: 'unknown', text: `${cleanName(where)} is not a key; ${hint}`};
}

/** A name from outside may hold anything; an ordinary one is shown without quotes. */
function cleanName(name: string): string {
  return /^[\w.$/ -]{1,200}$/.test(name) ? name : quoted(name);
}

function lastPart(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}
