export {systemClock} from './clock.ts';
export {loadConfig, type Config} from './config/config.ts';
export {ConfigurationError} from './config/configuration-error.ts';
export {describeConfig} from './config/describe.ts';
export {keys} from './config/settings.ts';
export {createLogger, describeError, type Logger} from './log.ts';
export {Service, ServiceUnreachableError, StartUpError} from './service.ts';
export {Worker} from './worker.ts';
export type {WorkerPorts} from './ports.ts';
