import {expect, onTestFinished, test} from 'vitest';
import {readSample, samplePartitions} from '../oracle/sample.ts';
import {AmqpRelay, transferCode} from './amqp-relay.ts';
import {eventually} from './eventually.ts';
import {publishSlowly} from './load.ts';
import {hub, Scenario} from './scenario.ts';

const partitionId = '0';

test(
  'through dropped connections, also inside a transfer, and detached links every event counts once',
  {timeout: 120_000},
  async () => {
    const scenario = await Scenario.start();
    const {eventHubs} = scenario.stack;
    const sample = readSample({nowMs: Date.now()});
    const relay = await AmqpRelay.start(eventHubs.connectionString);
    onTestFinished(() => relay.close());
    const worker = scenario.startWorker({variables: {EVENT_HUBS_CONNECTION_STRING: relay.connectionString}});
    await worker.untilReady();
    const published = publishSlowly(scenario, sample, {overMs: 9_000});
    await scenario.untilCommitted(sample.records.length * 0.2);
    expect(eventHubs.dropConnections({when: 'insideTransfer'})).toBeGreaterThan(0);
    await worker.untilLogged(/link of partition/, 'Event Hubs');
    const {came, size} = await eventually(
      () => relay.cuts.find(({performative}) => performative === transferCode),
      {within: 10_000, otherwise: () => `no transfer was cut, but ${JSON.stringify(relay.cuts)}`},
    );
    expect(came).toBeLessThan(size);
    await scenario.untilCommitted(sample.records.length * 0.4);
    // A drop while links are still opening is another matter.
    await eventually(() => (eventHubs.receivingLinks().length === samplePartitions ? true : undefined), {
      within: 30_000,
      otherwise: () => `${eventHubs.receivingLinks().length} links are open. ${worker.output()}`,
    });
    expect(eventHubs.dropConnections({when: 'now'})).toBeGreaterThan(0);
    await scenario.untilCommitted(sample.records.length * 0.6);
    const condition = 'com.microsoft:server-busy';
    const detached = {hub, partitionId, condition, description: 'The server is busy.'};
    await eventually(() => (eventHubs.detachReceivers(detached) > 0 ? true : undefined), {
      within: 30_000,
      otherwise: () => `partition ${partitionId} has no reader. ${worker.output()}`,
    });
    await published;
    expect(await scenario.problemsAtRest(sample)).toEqual([]);
    expect(worker.troubles.filter(({layer}) => layer !== 'Event Hubs')).toEqual([]);
  },
);
