import type {ShardedView} from '@weir/pipeline';
import type {Config} from '@weir/worker';
import type {Command} from 'commander';
import {configOf, type ConfigFlags} from '../command-config.ts';
import {exitCodes} from '../exit-codes.ts';
import {confirm} from '../recover/confirm.ts';
import {stopSignal} from '../stop-signals.ts';
import {tellLine as tell} from '../terminal.ts';
import {runCompare} from './compare/run-compare.ts';
import {resultText} from './output/result-text.ts';
import {checkOutput, writeResult} from './output/write-result.ts';
import {replayOptions, type ReplayOptions} from './replay-options.ts';
import {readRequest, type Use} from './replay-request.ts';
import type {ReplayedWindow} from './replayed-window.ts';
import {runReplay} from './run-replay.ts';
import {summaryLines} from './summary.ts';
import {runWrite} from './write/run-write.ts';

/** `weir replay`: a window of event time, counted anew on this machine. Changes nothing unless it is told to. */
export function replayCommand(): Command {
  return replayOptions().action(replay);
}

async function replay(given: ReplayOptions & ConfigFlags): Promise<void> {
  const {request, use, needs} = readRequest(given);
  const configSource = {fileName: given.config, flags: configFlags(given), needs};
  const config = configOf(given.config, configSource);
  const stop = new AbortController();
  void stopSignal().then(() => stop.abort());
  const {signal} = stop;
  if (use.kind === 'print') await checkOutput(use.path);
  try {
    const {window, views} = await runReplay(request, {config, configSource, signal, tell});
    const {readingGroup} = request;
    process.exitCode = await useWindow(use, {window, views, config, readingGroup, signal, yes: given.yes});
  } catch (error) {
    if (!signal.aborted) throw error;
    tell(
      use.kind === 'write'
        ? 'Interrupted. Some documents may be written: run it again.'
        : 'Interrupted; there is no result.',
    );
    process.exitCode = exitCodes.interrupted;
  }
}

interface Used {
  readonly window: ReplayedWindow;
  readonly views: readonly ShardedView[];
  readonly config: Config;
  readonly readingGroup: string | undefined;
  readonly signal: AbortSignal;
  readonly yes: true | undefined;
}

/** @returns the exit code */
async function useWindow(use: Use, {yes, ...replayed}: Used): Promise<number> {
  const {window, views, signal} = replayed;
  for (const line of use.kind === 'print' ? [] : summaryLines(window)) tell(line);
  const print = (text: string): boolean => process.stdout.write(text);
  switch (use.kind) {
    case 'print':
      await writeResult(use.path, resultText(window.documents.values(), {format: use.format, views}), signal);
      for (const line of summaryLines(window)) tell(line);
      return exitCodes.done;
    case 'compare':
      return runCompare({...replayed, format: use.format, print, tell});
    case 'write': {
      const ask = (question: string): Promise<'yes' | 'no'> =>
        confirm(question, {input: process.stdin, output: process.stderr});
      const isTerminal = process.stdin.isTTY && process.stderr.isTTY && use.format === 'text';
      const answer = yes ? async () => 'yes' as const : isTerminal ? ask : async () => 'cannot ask' as const;
      return runWrite({...replayed, ...use, print, tell, confirm: answer});
    }
  }
}

/** What is not an option of this command is a key of the configuration. */
function configFlags(given: ReplayOptions & ConfigFlags): ConfigFlags {
  const own = new Set(
    replayOptions()
      .options.filter(({hidden}) => !hidden)
      .map((option) => option.attributeName()),
  );
  return Object.fromEntries(Object.entries(given).filter(([name]) => !own.has(name))) as ConfigFlags;
}
