import {startStack, type Stack} from '@weir/emulators';
import {createLogger, loadConfig, Service, type Config} from '@weir/worker';
import {loadSample} from './command-fixture.ts';
import {DemoProgress} from './demo/progress.ts';
import {version} from './version.ts';

/** For tests: the embedded stack with the sample in it, and a worker that has counted all of it. */

export const hub = 'gateway-logs';
export const sampleEvents = 1804;

/** The sample's windows are long past: their documents would have expired. */
export const settings = {
  'flush.interval': '300ms',
  'refresh.5m': '300ms',
  'refresh.1h': '300ms',
  'refresh.1d': '300ms',
  'retention.5m': 'none',
  'retention.1h': 'none',
  'join.feedInterval': '1s',
  'join.settle': '500ms',
  'join.sweepAfter': '2s',
  'join.sweepInterval': '3s',
  'join.deadline': '6s',
  'ownership.interval': '500ms',
  'ownership.expiry': '4s',
  'http.port': '0',
};

export interface CountedSample {
  readonly stack: Stack;
  readonly config: Config;
  /** Still at work. */
  readonly service: Service;
}

/** The caller stops the service and closes the stack. */
export async function countSample(): Promise<CountedSample> {
  const stack = await startStack({hub, partitionCount: 4});
  loadSample(stack, {hub});
  const {config} = loadConfig({env: {...stack.variables}, flags: settings});
  const service = await Service.start({config, log: createLogger({level: 'silent'}), version});
  await new DemoProgress(service.worker, sampleEvents).untilSettled();
  return {stack, config, service};
}
