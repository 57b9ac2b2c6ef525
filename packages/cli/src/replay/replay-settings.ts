import {workerSettings, type Config, type WorkerSettings} from '@weir/worker';

/** The worker's settings; what was said is kept where it would estimate tokens, until they are counted here. */
export function replaySettings(config: Config): WorkerSettings {
  return workerSettings(config, 'replay', config.tokens.estimate ? 'kept' : 'ignored');
}
