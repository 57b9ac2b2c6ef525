export {systemClock} from './clock.ts';
export {loadConfig, type Config} from './config/config.ts';
export {ConfigurationError} from './config/configuration-error.ts';
export {loadDecoding, type Decoding} from './config/decoding.ts';
export {describeConfig} from './config/describe.ts';
export {nearest} from './config/nearest.ts';
export {usableConfig, type UsableConfig} from './config/usable-config.ts';
export {keys} from './config/settings.ts';
export {countCalls} from './estimate/count-calls.ts';
export {estimateRecords, hasTexts} from './estimate/estimate-records.ts';
export {createLogger, describeError, type Logger} from './log.ts';
export {
  eventHubsAuth,
  lazyIdentity,
  openLogAnalytics,
  ServiceUnreachableError,
  StartUpError,
  storageConnection,
} from './connect.ts';
export {causeOf, generatedAfterMs, generatedBeforeMs} from './join/diagnostics-query.ts';
export {Service} from './service.ts';
export {workerSettings} from './settings.ts';
export {Worker, type WorkerSettings} from './worker.ts';
export type {WorkerPorts} from './ports.ts';
export {adoptJournal, canAdoptJournal, type WayOutEnd} from './recover/adopt-journal.ts';
export {openOf, parkedTakenOver, planBeginAnew, type AnewPlan} from './recover/anew-plan.ts';
export {beginAnew} from './recover/begin-anew.ts';
export {
  inspectPartitions,
  isStopped,
  type Inspection,
  type Seen,
  type StoppedPartition,
} from './recover/inspect.ts';
export {openAccess, type Access} from './recover/open-access.ts';
export {findStart, type EventFinder, type From} from './recover/start-position.ts';
export {watchForMs, watchForWriters} from './recover/watch-for-writers.ts';
export type {Left, LeftReason, Reread} from './retry/judge-letter.ts';
export type {Planned, Verdict} from './retry/plan-retry.ts';
export {retryDeadLetters, type RetryEnd, type RetryReport} from './retry/retry-dead-letters.ts';
export {retryPartitionId} from './retry/retry-partition.ts';
export {
  letterKey,
  SettledLetters,
  TooManySettledError,
  type SettledLetterStore,
} from './retry/settled-letters.ts';
export type {Trouble} from './trouble.ts';
