import {
  CosmosConfigurationError,
  EventHubsRefusedError,
  EventHubsUnreachableError,
  LogAnalyticsSettingError,
  PartitionOwnedError,
  StorageRefusedError,
  StorageUnreachableError,
} from '@weir/azure';
import {ConfigurationError, describeError, ServiceUnreachableError, StartUpError} from '@weir/worker';
import {exitCodes} from './exit-codes.ts';
import {OutputError} from './inspect/event-output.ts';
import {InterruptedError} from './recover/confirm.ts';
import {ReplayError} from './replay/replay-error.ts';

export {exitCodes} from './exit-codes.ts';

/** What a person is told about an error that ends a command: never a stack trace for what they can mend themselves. */
export function failureOf(error: unknown): {message: string; exitCode: number} {
  if (error instanceof ConfigurationError) return {message: error.message, exitCode: exitCodes.usage};
  if (
    error instanceof CosmosConfigurationError ||
    error instanceof EventHubsRefusedError ||
    error instanceof LogAnalyticsSettingError ||
    error instanceof StorageRefusedError ||
    error instanceof StartUpError
  ) {
    return {message: error.message, exitCode: exitCodes.usage};
  }
  if (error instanceof InterruptedError) return {message: error.message, exitCode: exitCodes.interrupted};
  if (error instanceof OutputError || error instanceof ReplayError) {
    return {message: error.message, exitCode: exitCodes.failed};
  }
  if (error instanceof PartitionOwnedError) {
    return {
      message: `${error.message} Name it with --consumer-group, for example --consumer-group looking.`,
      exitCode: exitCodes.failed,
    };
  }
  if (
    error instanceof EventHubsUnreachableError ||
    error instanceof ServiceUnreachableError ||
    error instanceof StorageUnreachableError
  ) {
    return {message: `${error.message} "weir doctor" looks closer.`, exitCode: exitCodes.failed};
  }
  return {message: `unexpected error, please report it: ${describeError(error)}`, exitCode: exitCodes.failed};
}
