import {createCosmosClient} from '@weir/azure';
import type {Stack} from '@weir/emulators';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {runWeir, type CommandEnd} from '../command-fixture.ts';
import {countSample} from '../counted-sample-fixture.ts';

const hour = ['--from', '2024-05-17T13:00:00Z', '--to', '2024-05-17T14:00:00Z'];
const retention = ['--retention.5m', 'none', '--retention.1h', 'none'];

let stack: Stack;
beforeAll(async () => {
  const counted = await countSample();
  ({stack} = counted);
  await counted.service.stop();
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
