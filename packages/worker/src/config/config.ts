import type {Shape, View} from '@weir/pipeline';
import {ConfigurationError} from './configuration-error.ts';
import {problemOfIssue} from './issue-problem.ts';
import {mergedLayers, type Layer, type Sources} from './layers.ts';
import {worstFirst, type Problem} from './problem.ts';
import {doubtfulRelations, impossibleRelations} from './relations.ts';
import {missingSettings} from './required.ts';
import {keys, settingsSchema, type Settings} from './settings.ts';

export type DeepReadonly<T> = T extends readonly unknown[]
  ? {readonly [Index in keyof T]: DeepReadonly<T[Index]>}
  : T extends object
    ? {readonly [Field in keyof T]: DeepReadonly<T[Field]>}
    : T;

/** One view of the aggregates, with what was left out filled in. */
export interface ViewConfig extends View {
  /** Logical partitions per partition key, 1 or more. */
  readonly shards: number;
}

/**
 * What a worker runs with: bounded, consistent, complete. Durations are in ms (`…Ms`), sizes in bytes (`…Bytes…`); an
 * optional field that is undefined means `none`, `unlimited` or the service's own default, as its key says.
 */
export type Config = DeepReadonly<
  Omit<Settings, 'eventHubs' | 'logAnalytics' | 'cosmos' | 'views' | 'shards' | 'shapes'> & {
    eventHubs: Omit<Settings['eventHubs'], 'connectionString' | 'namespace' | 'hub'> & {
      /** Undefined: the Entra identity of the process. */
      connectionString: string | undefined;
      /** Fully qualified, lower case, with its port where the endpoint has one. */
      namespace: string;
      hub: string;
    };
    logAnalytics: Settings['logAnalytics'] & {workspaceIds: string[]};
    cosmos: Settings['cosmos'] & {endpoint: string};
    views: ViewConfig[];
  }
> & {
  /** Of the user's own gateways, in the order in which they are asked, before the built-in ones. */
  readonly shapes: readonly Shape[];
};

/**
 * The configuration from flags over environment over file over defaults. Warnings are lines for the log at start.
 * Throws `ConfigurationError` with everything that is wrong.
 */
export function loadConfig(sources: Sources): {config: Config; warnings: string[]} {
  const {given, problems, warnings} = mergedLayers(sources);
  const parsed = settingsSchema.safeParse(nested(given));
  if (!parsed.success) problems.push(...parsed.error.issues.map((issue) => problemOfIssue(issue, given)));
  problems.push(...missingSettings(given));
  if (parsed.success) {
    const texts = impossibleRelations(parsed.data);
    problems.push(...texts.map((text): Problem => ({severity: 'relation', text})));
  }
  const [worst, ...others] = worstFirst(problems);
  if (worst !== undefined) throw new ConfigurationError([worst, ...others]);
  if (!parsed.success) throw new Error('A setting was refused without a reason.');
  return {config: completed(parsed.data), warnings: [...warnings, ...doubtfulRelations(parsed.data)]};
}

/** The values in the shape of the schema; every section is there, so that its defaults are. */
export function nested(given: Layer): Record<string, unknown> {
  const root: Record<string, unknown> = {};
  const sections: Record<string, Record<string, unknown>> = {};
  for (const {name, path} of keys) {
    const [section = '', field] = path;
    const value = given.get(name)?.value;
    if (field === undefined) root[section] = value;
    else (sections[section] ??= {})[field] = value;
  }
  return {...root, ...sections};
}

/** Namespaces are given by their first part as well. Hosts: https://learn.microsoft.com/azure/azure-government/compare-azure-government-global-azure */
const serviceBusSuffix = {
  public: 'servicebus.windows.net',
  usgov: 'servicebus.usgovcloudapi.net',
  china: 'servicebus.chinacloudapi.cn',
} as const;

/** What was looked at together and found complete. */
export function completed(settings: Settings): Config {
  const {shards, ...others} = settings;
  const {connectionString: connection, namespace, hub, consumerGroup, transport} = settings.eventHubs;
  const host = namespace?.includes('.') ? namespace : `${namespace}.${serviceBusSuffix[settings.azureCloud]}`;
  return {
    ...others,
    eventHubs: {
      connectionString: connection?.text,
      namespace: connection?.namespace ?? host.toLowerCase(),
      hub: present(hub ?? connection?.entityPath),
      consumerGroup,
      transport,
    },
    logAnalytics: {...settings.logAnalytics, workspaceIds: present(settings.logAnalytics.workspaceIds)},
    cosmos: {...settings.cosmos, endpoint: present(settings.cosmos.endpoint)},
    views: settings.views.map((view) => ({...view, shards: view.shards ?? shards})),
  };
}

function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('A setting is missing that was found before.');
  return value;
}
