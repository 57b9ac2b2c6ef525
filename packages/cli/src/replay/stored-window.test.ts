import {createCosmosClient} from '@weir/azure';
import {startStack, type Stack} from '@weir/emulators';
import {createLogger, loadConfig, Service} from '@weir/worker';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {loadSample, runWeir, type CommandEnd} from '../command-fixture.ts';
import {DemoProgress} from '../demo/progress.ts';
import {version} from '../version.ts';

const hub = 'gateway-logs';
const sampleEvents = 1804;
/** The sample's windows are long past: their documents would have expired. */
const settings = {
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
const hour = ['--from', '2024-05-17T13:00:00Z', '--to', '2024-05-17T14:00:00Z'];
const retention = ['--retention.5m', 'none', '--retention.1h', 'none'];

let stack: Stack;
beforeAll(async () => {
  stack = await startStack({hub, partitionCount: 4});
  loadSample(stack, {hub});
  const {config} = loadConfig({env: {...stack.variables}, flags: settings});
  const service = await Service.start({config, log: createLogger({level: 'silent'}), version});
  await new DemoProgress(service.worker, sampleEvents).untilSettled();
  await service.stop();
}, 120_000);
afterAll(() => stack.close());

function replay(...args: string[]): Promise<CommandEnd> {
  return runWeir(['replay', ...hour, ...retention, ...args], {env: stack.variables});
}

test(
  'a window that a worker counted is what replay counts; one that was changed is not, and is rebuilt',
  {timeout: 120_000},
  async () => {
    const same = await replay('--compare');
    expect([same.code, same.stderr]).toEqual([0, expect.stringContaining('to the end.\n')]);

    const {endpoint, key} = stack.cosmos;
    const client = createCosmosClient({endpoint, credential: {key}});
    const container = client.database('weir').container('aggregates');
    const id = 'region-usage_1h_1715950800';
    const query = `SELECT * FROM c WHERE c.view = 'region-usage' AND c.grain = '1h'`;
    const {resources} = await container.items.query<{id: string; requests: number}>(query).fetchAll();
    const document = resources.find((one) => one.id.startsWith(id))!;
    await container.items.upsert({...document, requests: document.requests + 1});
    client.dispose();

    const changed = await replay('--compare', '--json');
    expect(changed.code).toBe(1);
    expect(changed.stdout.match(/"id":"[^"]+"/g)).toEqual([`"id":"${document.id}"`]);

    const asked = await replay('--write', '--allow-shrink');
    expect([asked.code, asked.stderr]).toEqual([2, expect.stringContaining('Add --yes')]);
    const written = await replay('--write', '--allow-shrink', '--yes');
    expect(written.code).toBe(0);
    expect((await replay('--compare')).code).toBe(0);
  },
);
