import * as z from 'zod';
import {assignSettings} from './assign.ts';
import {cosmosSettings} from './cosmos.ts';
import {dedupeSettings} from './dedupe.ts';
import {eventHubsSettings} from './event-hubs.ts';
import {commitSettings, flushSettings, parkedSettings, refreshSettings, retentionSettings} from './flush.ts';
import {joinSettings} from './join.ts';
import {logAnalyticsSettings, lookupSettings} from './log-analytics.ts';
import {azureCloudSetting, httpSettings, logSettings, shardsSetting} from './service.ts';
import {factsOf, type SettingFacts, type ValueFacts} from './setting.ts';
import {shapesSetting, textShapesSetting} from './shapes.ts';
import {ownershipSettings, sourceSettings} from './source.ts';
import {storageSettings} from './storage.ts';
import {tokensSettings} from './tokens.ts';
import {viewsSetting} from './views.ts';

/**
 * Every setting there is, in the order of the reference. A field is named by its key and, for durations, its unit:
 * `join.deadlineMs` is the key `join.deadline`.
 */
export const settingsSchema = z.object({
  eventHubs: eventHubsSettings,
  storage: storageSettings,
  logAnalytics: logAnalyticsSettings,
  cosmos: cosmosSettings,
  azureCloud: azureCloudSetting,
  views: viewsSetting,
  shards: shardsSetting,
  shapes: shapesSetting,
  textShapes: textShapesSetting,
  tokens: tokensSettings,
  source: sourceSettings,
  assign: assignSettings,
  dedupe: dedupeSettings,
  join: joinSettings,
  lookup: lookupSettings,
  flush: flushSettings,
  refreshMs: refreshSettings,
  retentionMs: retentionSettings,
  commit: commitSettings,
  parked: parkedSettings,
  ownership: ownershipSettings,
  http: httpSettings,
  log: logSettings,
});

/** All settings, each read and bounded, before they are looked at together. */
export type Settings = z.output<typeof settingsSchema>;

/** One key of the configuration. */
export interface Key extends SettingFacts, ValueFacts {
  /** As the file and the flags name it, `join.sweepAfter`. */
  readonly name: string;
  /** Where its value stands in `Settings`. */
  readonly path: readonly string[];
  /** Names in the environment; the first one wins. */
  readonly variables: readonly [string, ...string[]];
}

/** Every key, in the order of the reference. */
export const keys: readonly Key[] = keysOf(settingsSchema, []);

export const keyByName: ReadonlyMap<string, Key> = new Map(keys.map((key) => [key.name, key]));

/** `join.sweepAfter` → `WEIR_JOIN_SWEEP_AFTER`. */
export function variableOf(name: string): string {
  return `WEIR_${name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll('.', '_')
    .toUpperCase()}`;
}

/** The key of a path into `Settings` or `Config`. */
export function nameOf(path: readonly string[]): string {
  return path.map((part) => part.replace(/Ms$/, '')).join('.');
}

function keysOf(section: z.ZodObject, above: readonly string[]): Key[] {
  return Object.entries(section.shape as Record<string, z.ZodType>).flatMap(([field, schema]) => {
    const path = [...above, field];
    if (schema instanceof z.ZodObject) return keysOf(schema, path);
    const facts = factsOf(schema);
    if (facts === undefined) throw new Error(`${path.join('.')} has no facts.`);
    const name = nameOf(path);
    const general = variableOf(name);
    const variables: [string, ...string[]] =
      facts.variable === undefined ? [general] : [facts.variable, general];
    return [{...facts, name, path, variables}];
  });
}
