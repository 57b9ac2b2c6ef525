import {EventHubsEmulator} from '@weir/emulators';
import {orders, tellParent} from './child.ts';
import {calls, startMsOf} from './workload.ts';

/**
 * Child: a hub alone, for reading. `publish` appends so many events, the same few thousand bodies again and again, because
 * making them costs more than reading them; `expire` drops all but the newest `held` of each partition.
 */

const hub = 'gateway-logs';
const bodiesMax = 10_000;
const partitions = Number(process.argv[2]);

const startMs = startMsOf({events: bodiesMax, perSecond: 250, nowMs: Date.now()});
const bodies = [...calls({events: bodiesMax, partitions, startMs})].map(({body}) => body);
const emulator = await EventHubsEmulator.start({hubs: [{name: hub, partitionCount: partitions}]});
let published = 0;
tellParent({
  kind: 'started',
  variables: {EVENT_HUBS_CONNECTION_STRING: emulator.connectionString, EVENT_HUB_NAME: hub},
});

for await (const order of orders()) {
  for (let partition = 0; partition < partitions; partition++) {
    const name = {hub, partitionId: String(partition)};
    if (order.kind === 'publish') publish(name, Number(order['events']) / partitions);
    else {
      const {heldEvents} = emulator.facts(hub, name.partitionId);
      emulator.expire({...name, count: Math.max(0, heldEvents - Number(order['held']))});
    }
  }
  tellParent({kind: `${order.kind} done`});
}
await emulator.close();
process.exit(0);

function publish(partition: {hub: string; partitionId: string}, count: number): void {
  const events = Array.from({length: count}, () => ({body: bodies[published++ % bodiesMax]!}));
  emulator.append({...partition, events});
}
