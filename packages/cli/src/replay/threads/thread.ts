import assert from 'node:assert/strict';
import {parentPort, workerData} from 'node:worker_threads';
import {encodeDelta, type DiagnosticsRow} from '@weir/pipeline';
import {configOf} from '../../command-config.ts';
import {AskedRows, type RowsQuery} from '../asked-rows.ts';
import {readCapture} from '../capture/read-capture.ts';
import {replaySettings} from '../replay-settings.ts';
import {Replayer} from '../replayer.ts';
import {packRows} from '../rows/pack-rows.ts';
import {RowTable, type SharedRows} from '../rows/row-table.ts';
import {LineEvents} from './line-events.ts';
import type {FromThread, Job, ThreadStart, ToThread} from './messages.ts';

/** A thread of a replay: the partitions that it is given, each event in its order. */

const {config: source, plan, generated, serviceOffsetMs} = workerData as ThreadStart;
const settings = replaySettings(configOf(source.fileName, source));
const port = parentPort;
assert(port !== null, 'this module is started as a thread');
const answers = new Map<number, (rows: readonly DiagnosticsRow[]) => void>();
const lines = new LineEvents({bareEnqueuedMs: plan.window.untilMs - 1});
let queries = 0;
let replayer: Replayer | undefined;
let asked: AskedRows | undefined;

let before = Promise.resolve();
port.on('message', (message: ToThread) => {
  if (message.kind === 'answer') {
    answers.get(message.query)?.(message.rows);
    answers.delete(message.query);
  } else before = before.then(() => work(message)).then(tell, fail);
});

function tell(message: FromThread): void {
  const {words, timesMs} = (message.kind === 'done' && message.rows) || {};
  port!.postMessage(message, words && timesMs ? [words.buffer, timesMs.buffer] : []);
}

function fail(error: unknown): void {
  const {name, message} = error instanceof Error ? error : new Error(String(error));
  tell({kind: 'failed', name, message});
}

async function work(job: Job): Promise<FromThread> {
  switch (job.kind) {
    case 'rows':
      return {kind: 'done', rows: packRows(textOf(job.bytes).split('\n'), generated)};
    case 'begin':
      begin(job.rows);
      return {kind: 'done'};
    case 'events':
      for (const [partition, events] of lines.read(textOf(job.bytes))) {
        await reading().read(partition, events);
        tell({kind: 'read', events: events.length, isBare: lines.hasBare});
      }
      await asked?.keepUp();
      return {kind: 'done'};
    case 'capture':
      for await (const events of readCapture(job.path)) {
        await reading().read(job.partition, events);
        tell({kind: 'read', events: events.length, isBare: false});
        await asked?.keepUp();
      }
      return {kind: 'done'};
    case 'end':
      return {kind: 'done', part: await end()};
  }
}

function begin(from: SharedRows | 'asked' | 'none'): void {
  const rows = typeof from === 'string' ? from : new RowTable(from);
  const one = new Replayer(plan, {settings, rows});
  replayer = one;
  if (rows !== 'asked') return;
  const serviceNowMs = (): number => Date.now() + serviceOffsetMs;
  asked = new AskedRows({join: one.join, waiting: () => one.waiting, ask, serviceNowMs});
}

function reading(): Replayer {
  assert(replayer !== undefined, 'events come after the rows');
  return replayer;
}

function ask(query: RowsQuery): Promise<readonly DiagnosticsRow[]> {
  queries += 1;
  tell({kind: 'ask', query: queries, for: query});
  return new Promise((resolve) => answers.set(queries, resolve));
}

async function end(): Promise<NonNullable<Extract<FromThread, {kind: 'done'}>['part']>> {
  // A file is all there is: no other half will come.
  reading().end(Infinity);
  await asked?.finish();
  const {documents, ...part} = reading().result();
  return {...part, documents: [...documents.values()].map(encodeDelta)};
}

function textOf(bytes: ArrayBuffer): string {
  return Buffer.from(bytes).toString('utf8');
}
