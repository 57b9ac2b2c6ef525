import {readFileSync} from 'node:fs';
import {ConfigurationError, keys, loadConfig, type Config} from '@weir/worker';
import {Option, type Command} from 'commander';

/** Flags that are keys of the configuration. */
export type ConfigFlags = Readonly<Record<string, string>>;

/** What the configuration speaks of, and a command may do without. */
export type ServiceName = 'eventHubs' | 'storage' | 'logAnalytics' | 'cosmos';

/** Stands for what a command does not talk to, so that nobody has to set it. Never connected to. */
const unused: Readonly<Record<ServiceName, Readonly<Record<string, string>>>> = {
  eventHubs: {EVENT_HUBS_NAMESPACE: 'unused.invalid', EVENT_HUB_NAME: 'unused'},
  storage: {STORAGE_CONNECTION_STRING: 'UseDevelopmentStorage=true'},
  logAnalytics: {LOG_ANALYTICS_WORKSPACE_ID: '00000000-0000-0000-0000-000000000000'},
  cosmos: {COSMOS_ENDPOINT: 'https://unused.invalid'},
};

/** Adds `--config`, and every key of the configuration as a flag that the help does not list. */
export function addConfigOptions(command: Command): Command {
  command.option('--config <file>', 'configuration file (YAML)');
  for (const {name} of keys) command.addOption(new Option(`--${name} <value>`).hideHelp());
  return command;
}

/**
 * The configuration of a command that talks to these services; the others need not be set.
 * @throws {ConfigurationError}
 */
export function configOf(
  fileName: string | undefined,
  {flags, needs}: {flags: ConfigFlags; needs: readonly ServiceName[]},
): Config {
  let env: NodeJS.ProcessEnv = {...process.env};
  for (const [service, variables] of Object.entries(unused)) {
    if (!needs.some((needed) => needed === service)) env = {...env, ...variables};
  }
  const file = fileName === undefined ? undefined : {name: fileName, text: readConfigFile(fileName)};
  return loadConfig({flags, env, ...(file !== undefined && {file})}).config;
}

/** @throws {ConfigurationError} */
export function readConfigFile(fileName: string): string {
  try {
    return readFileSync(fileName, 'utf8');
  } catch (cause) {
    throw new ConfigurationError(
      [`--config: ${fileName} cannot be read. Give the path of a YAML file, for example --config weir.yaml.`],
      {cause},
    );
  }
}
