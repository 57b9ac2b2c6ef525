export {startAzurite, type Azurite} from './azurite/azurite.ts';
export {CosmosEmulator} from './cosmos/emulator.ts';
export {EventHubsEmulator} from './event-hubs/event-hubs-emulator.ts';
export {LogAnalyticsEmulator} from './log-analytics/log-analytics-emulator.ts';
export {startStack, usualPorts, type Stack} from './stack.ts';
