import {lazyIdentity, usableConfig} from '@weir/worker';
import {Command} from 'commander';
import {addConfigOptions, readConfigFile, type ConfigFlags} from '../command-config.ts';
import {exitCodes} from '../exit-codes.ts';
import {stopSignal} from '../stop-signals.ts';
import {worksAs} from './finding.ts';
import {reportJson} from './report-json.ts';
import {reportText} from './report-text.ts';
import {runDoctor} from './run-doctor.ts';

interface Options {
  readonly config?: string;
  readonly consumerGroup?: string;
  readonly json?: true;
}

/** `weir doctor`: whether a worker with this configuration would work, and what to do where not. Changes nothing. */
export function doctorCommand(): Command {
  const command = new Command('doctor')
    .summary('check configuration, network, rights and data')
    .description(
      'Checks configuration, names, TLS, identity, every needed right, clocks, the hub, the containers, the diagnostics, the gateway’s events and the workers, and says what to do. Changes nothing: rights to write are tried by writes that cannot succeed.',
    )
    .option('--consumer-group <name>', 'look at events in this group, where workers own the configured one')
    .option('--json', 'print one object: {findings, worksAs}')
    .addHelpText('after', doctorHelp);
  return addConfigOptions(command).action(async (given: Options & ConfigFlags) => {
    const {config: fileName, consumerGroup, json, ...flags} = given;
    const usable = usableConfig({
      flags,
      env: process.env,
      ...(fileName !== undefined && {file: {name: fileName, text: readConfigFile(fileName)}}),
    });
    const {config} = usable;
    const interrupted = new AbortController();
    void stopSignal().then(() => interrupted.abort());
    const subject = {
      usable,
      config,
      lookingGroup: consumerGroup ?? config.eventHubs.consumerGroup,
      identity: lazyIdentity(),
      now: () => Date.now(),
    };
    const findings = await runDoctor(subject, {signal: interrupted.signal, onEnd: progress()});
    if (interrupted.signal.aborted) {
      process.exitCode = exitCodes.interrupted;
      return;
    }
    process.stdout.write(json ? reportJson(findings) : reportText(findings, process.stdout));
    process.exitCode = worksAs(findings) ? exitCodes.done : exitCodes.failed;
  });
}

/** A line on standard error that is painted over, only on a terminal. */
function progress(): ((done: number, all: number) => void) | undefined {
  if (!process.stderr.isTTY) return undefined;
  return (done, all) => {
    process.stderr.write(done === all ? '\r\u001b[K' : `\r\u001b[K${done} of ${all} checks`);
  };
}

const doctorHelp = `
The flags, variables and file of "weir run" say which services are meant. What
is not configured yet is told, and the rest is checked all the same. It takes
under 30 s.

Marks: ✓ ok, ! warning, ✗ problem (a worker would not work), - skipped.

Examples:
  $ npx weir doctor
  $ npx weir doctor --config weir.yaml --json | jq '.findings[].fix'
  $ npx weir doctor --consumer-group looking

Exit codes: 0 a worker would work, warnings or not; 1 it would not; 2 wrong
usage; 130 interrupted.`;
