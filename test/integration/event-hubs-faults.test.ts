import {expect, test} from 'vitest';
import {readSample} from '../oracle/sample.ts';
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
    const worker = scenario.startWorker();
    await worker.untilReady();
    const published = publishSlowly(scenario, sample, {overMs: 9_000});
    await scenario.untilCommitted(sample.records.length * 0.2);
    expect(eventHubs.dropConnections({when: 'insideTransfer'})).toBeGreaterThan(0);
    await worker.untilLogged(/link of partition/, 'Event Hubs');
    await scenario.untilCommitted(sample.records.length * 0.4);
    expect(eventHubs.dropConnections({when: 'now'})).toBeGreaterThan(0);
    await scenario.untilCommitted(sample.records.length * 0.6);
    const condition = 'com.microsoft:server-busy';
    const detached = {hub, partitionId, condition, description: 'The server is busy.'};
    expect(eventHubs.detachReceivers(detached)).toBeGreaterThan(0);
    await published;
    await scenario.expectRight(sample);
    expect(worker.troubles.filter(({layer}) => layer !== 'Event Hubs')).toEqual([]);
  },
);
