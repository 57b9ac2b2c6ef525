import {startStack} from '@weir/emulators';
import {orders, tellParent, type Message} from './child.ts';
import {calls, type Call} from './workload.ts';

/**
 * Child: the services of one run. Their CPU is large and must not count, so they are in a process of their own, and
 * new for each run: no run finds the rows or documents of another.
 *
 * `publish` appends events and keeps their rows; `diagnose` lets the rows appear, within seconds, as the service would
 * some minutes later; `expire` drops what was read; `credit` only asks what each answer tells: how many events the links
 * would take now.
 */

export const hub = 'gateway-logs';
/** Rows appear from then on and over this time, so that the feed finds them in slices and not in one heap. */
const visibleAfterMs = 1_500;
const visibleSpreadMs = 4_000;

export interface PublishOrder {
  readonly kind: 'publish';
  readonly events: number;
  readonly partitions: number;
  readonly from: number;
  readonly startMs: number;
  readonly perSecond?: number;
}

const partitionCount = Number(process.argv[2]);
const stack = await startStack({hub, partitionCount});
let rows: Record<string, unknown>[] = [];
tellParent({kind: 'started', variables: stack.variables});

for await (const order of orders()) {
  switch (order.kind) {
    case 'publish':
      publish(order as Message & PublishOrder);
      break;
    case 'diagnose':
      diagnose();
      break;
    case 'expire':
      expire(Number(order['held']));
      break;
    case 'credit':
      break;
    default:
      throw new Error(`There is no order ${order.kind}.`);
  }
  const credits = stack.eventHubs.receivingLinks().map(({creditEvents}) => creditEvents);
  tellParent({kind: `${order.kind} done`, events: credits.reduce((sum, credit) => sum + credit, 0)});
}
await stack.close();
process.exit(0);

function publish(workload: PublishOrder): void {
  const byPartition = Map.groupBy<number, Call>(calls(workload), ({partition}) => partition);
  // The clock may pass a millisecond between two partitions, never within one.
  for (const [partition, own] of byPartition) {
    stack.eventHubs.append({hub, partitionId: String(partition), events: own.map(({body}) => ({body}))});
    for (const {row} of own) if (row !== undefined) rows.push(row);
  }
}

function diagnose(): void {
  const firstMs = Date.now() + visibleAfterMs;
  const count = rows.length;
  stack.logAnalytics.ingest(
    rows.map((row, at) => ({
      ...row,
      _ingestedAt: new Date(firstMs + Math.floor((at * visibleSpreadMs) / count)).toISOString(),
    })),
  );
  rows = [];
}

function expire(held: number): void {
  for (let partition = 0; partition < partitionCount; partition++) {
    const partitionId = String(partition);
    const {heldEvents} = stack.eventHubs.facts(hub, partitionId);
    stack.eventHubs.expire({hub, partitionId, count: Math.max(0, heldEvents - held)});
  }
}
