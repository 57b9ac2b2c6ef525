import {completed, loadConfig, nested, type Config} from './config.ts';
import {ConfigurationError} from './configuration-error.ts';
import {mergedLayers, type Given, type Sources} from './layers.ts';
import {missingSettings} from './required.ts';
import {keys, settingsSchema} from './settings.ts';

/** What can be used of a configuration although something in it is wrong. */
export interface UsableConfig {
  /** Wrong values are at their defaults; what belongs to a section of `unusable` is made up and leads nowhere. */
  readonly config: Config;
  /** As `ConfigurationError` has them; empty for a configuration that a worker takes. */
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
  /** Sections with a setting that is missing or wrong, of the services that a worker connects to. */
  readonly unusable: ReadonlySet<string>;
}

/** Stands for what is missing; nothing is ever connected to it. */
const madeUp: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  eventHubs: {'eventHubs.namespace': 'unset.invalid', 'eventHubs.hub': 'unset'},
  storage: {'storage.accountUrl': 'https://unset.invalid'},
  logAnalytics: {'logAnalytics.workspaceIds': '00000000-0000-0000-0000-000000000000'},
  cosmos: {'cosmos.endpoint': 'https://unset.invalid'},
};

/** For a look at the services while the configuration is being mended: never to run with. Does not throw. */
export function usableConfig(sources: Sources): UsableConfig {
  let problems: readonly string[] = [];
  try {
    return {...loadConfig(sources), problems, unusable: new Set()};
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    ({problems} = error);
  }
  const {given: merged, warnings} = mergedLayers(sources);
  const given = new Map<string, Given>(merged);
  const unusable = new Set<string>();
  // Each round takes a wrong key out at least.
  for (let round = 0; round <= keys.length; round += 1) {
    for (const section of incompleteSections(given)) unusable.add(section);
    const parsed = settingsSchema.safeParse(nested(new Map([...given, ...filling(unusable)])));
    if (parsed.success) return {config: completed(parsed.data), problems, warnings, unusable};
    for (const issue of parsed.error.issues) {
      const wrong = keys.find(({path}) => path.every((part, index) => issue.path[index] === part));
      if (wrong === undefined) continue;
      given.delete(wrong.name);
      const [section = ''] = wrong.path;
      if (Object.hasOwn(madeUp, section)) unusable.add(section);
    }
  }
  throw new Error('A setting was refused although it was left out.');
}

function incompleteSections(given: ReadonlyMap<string, Given>): string[] {
  const isMissing = missingSettings(given).length > 0;
  return Object.keys(madeUp).filter((section) => {
    const others = Object.keys(madeUp).filter((other) => other !== section);
    const withOthers = new Map([...given, ...filling(others)]);
    return isMissing && missingSettings(withOthers).length > 0;
  });
}

function filling(sections: Iterable<string>): [string, Given][] {
  return [...sections].flatMap((section) =>
    Object.entries(madeUp[section] ?? {}).map(([name, value]): [string, Given] => [
      name,
      {value, where: name},
    ]),
  );
}
