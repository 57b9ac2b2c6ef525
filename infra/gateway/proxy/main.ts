import {EventHubBufferedProducerClient} from '@azure/event-hubs';
import {createProxy} from './proxy.ts';

/**
 * BACKEND_URL=https://contoso.openai.azure.com EVENT_HUBS_CONNECTION_STRING=… EVENT_HUB_NAME=gateway-logs node main.ts
 * Stops on SIGTERM or Ctrl-C, after what was logged has been sent.
 */
const {BACKEND_URL = '', EVENT_HUBS_CONNECTION_STRING = '', EVENT_HUB_NAME = '', PORT = '8088'} = process.env;

const hub = new EventHubBufferedProducerClient(EVENT_HUBS_CONNECTION_STRING, EVENT_HUB_NAME, {
  maxEventBufferLengthPerPartition: 1_500,
  maxWaitTimeInMs: 1_000,
  onSendEventsErrorHandler: ({events}) => {
    process.stderr.write(`${events.length} events could not be sent to the event hub.\n`);
  },
});

const proxy = createProxy({
  backend: new URL(BACKEND_URL),
  send: ({partitionKey, body}) => {
    hub.enqueueEvent({body}, {partitionKey}).catch(() => {
      process.stderr.write('An event could not be put into the buffer.\n');
    });
  },
});
proxy.listen(Number(PORT), '127.0.0.1');

async function stop(): Promise<void> {
  proxy.close();
  await hub.close({flush: true});
}
process.once('SIGTERM', () => void stop());
process.once('SIGINT', () => void stop());
