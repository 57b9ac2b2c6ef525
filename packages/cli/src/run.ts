import {createLogger, describeConfig, loadConfig, Service} from '@weir/worker';
import {Command} from 'commander';
import pretty from 'pino-pretty';
import {addConfigOptions, readConfigFile} from './command-config.ts';
import {exitCodes} from './exit.ts';
import {stopSignal} from './stop-signals.ts';
import {hasColours} from './terminal.ts';
import {version} from './version.ts';

/** `weir run`: the worker, in the foreground, until SIGTERM or SIGINT. */
export function runCommand(): Command {
  const command = new Command('run')
    .summary('run the worker until SIGTERM or Ctrl-C')
    .description('Runs the worker in the foreground until SIGTERM or Ctrl-C; a second Ctrl-C stops at once.')
    .addHelpText('after', runHelp);
  return addConfigOptions(command).action(async ({config: file, ...flags}: Record<string, string>) =>
    run(file, flags),
  );
}

const runHelp = `
Every key of docs/configuration.md is also a flag: --join.sweepAfter 12m.
Flags win over the environment, the environment over the file, the file over the
defaults.

Examples:
  $ npx weir run --config weir.yaml
  $ npx weir run --config weir.yaml --log.level debug

Exit codes: 0 stopped cleanly, 1 failed, 2 wrong usage or configuration,
130 interrupted twice.`;

async function run(fileName: string | undefined, flags: Readonly<Record<string, string>>): Promise<void> {
  const stopped = stopSignal();
  const {config, warnings} = loadConfig({
    flags,
    env: process.env,
    ...(fileName !== undefined && {file: {name: fileName, text: readConfigFile(fileName)}}),
  });
  const log = createLogger({
    level: config.log.level,
    // Lines of JSON for the platform, sentences for a person.
    ...(process.stdout.isTTY && {
      destination: pretty({colorize: hasColours(process.stdout), sync: true}),
    }),
  });
  // A bug: the next start recovers from the journal, which is safer than going on.
  const crash = (error: unknown): void => {
    log.fatal(
      {error},
      'Unexpected error. The worker stops at once; a restart recovers from the journal and nothing is lost.',
    );
    process.exit(exitCodes.failed);
  };
  process.on('uncaughtException', crash);
  process.on('unhandledRejection', crash);
  for (const warning of warnings) log.warn(warning);
  log.info({version, ...describeConfig(config)}, 'Starting.');
  const service = await Service.start({config, log, version});
  log.info({url: service.http.url}, 'Running. The status page, /metrics and /health are at this address.');
  const signal = await stopped;
  log.info({signal}, 'Asked to stop.');
  const code = await service.stop();
  log.info({exitCode: code}, 'Stopped.');
  // Connections that did not close in time must not keep the process.
  process.exit(code === 0 ? exitCodes.done : exitCodes.failed);
}
