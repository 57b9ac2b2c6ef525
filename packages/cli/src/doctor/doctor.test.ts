import {createCosmosClient, openBlobContainer} from '@weir/azure';
import {CosmosEmulator, LogAnalyticsEmulator, type Stack} from '@weir/emulators';
import {afterEach, beforeEach, describe, expect, test} from 'vitest';
import {loadSample, runWeir} from '../command-fixture.ts';
import {examined, gatewayEvent, hub, stackWith, troublesOf} from './doctor-fixture.ts';
import {worksAs} from './finding.ts';

let stack: Stack;
beforeEach(async () => {
  stack = await stackWith();
});
afterEach(() => stack.close());

const secretKey = 'bm90LXRoZS1yaWdodC1rZXk=';
const minute = 60_000;

describe('the command', () => {
  test('finds nothing wrong with a fresh stack, exit code 0', async () => {
    const {code, stdout, stderr} = await runWeir(['doctor'], {env: stack.variables});
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain('✓ ok      configuration');
    expect(stdout).not.toMatch(/^[!✗]/m);
    expect(stdout).toMatch(/\nA worker would work: \d+ skipped\.\n$/);
    expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
  });

  test('tells a problem with its fix, within 80 columns, exit code 1', async () => {
    const env = {...stack.variables, WEIR_JOIN_DEADLINE: '10x', COSMOS_KEY: secretKey};
    const {code, stdout} = await runWeir(['doctor'], {env});
    expect(code).toBe(1);
    expect(stdout).toMatch(/✗ problem configuration +WEIR_JOIN_DEADLINE "10x"/);
    expect(stdout).toContain('az cosmosdb keys list');
    expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
    expect(stdout).not.toContain(secretKey);
  });

  test('prints one JSON object', async () => {
    const {code, stdout} = await runWeir(['doctor', '--json'], {env: stack.variables});
    expect(code).toBe(0);
    const report: unknown = JSON.parse(stdout);
    expect(report).toMatchObject({
      worksAs: true,
      findings: expect.arrayContaining([
        {check: 'clock', severity: 'ok', found: expect.any(String), consequence: null, fix: null},
      ]),
    });
  });

  test.each([
    [['--jsn'], 'id you mean --json?'],
    [['--config', 'nowhere.yaml'], '--config: nowhere.yaml cannot be read'],
  ])('%j is wrong usage, exit code 2', async (args, words) => {
    const {code, stdout, stderr} = await runWeir(['doctor', ...args], {env: stack.variables});
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(words);
  });

  test('without any configuration it tells what is missing, exit code 1', async () => {
    const {code, stdout} = await runWeir(['doctor']);
    expect(code).toBe(1);
    expect(stdout).toContain('COSMOS_ENDPOINT is not set');
    expect(stdout).toMatch(/- skipped cosmos\.network +Its configuration is missing or wrong\./);
  });
});

test('it leaves nothing behind', async () => {
  loadSample(stack, {hub});
  expect(worksAs(await examined(stack))).toBe(true);
  const container = openBlobContainer({
    connectionString: stack.blob.connectionString,
    name: 'weir',
  });
  expect(await container.exists()).toBe(false);
  const written = stack.cosmos.requests.filter(({status}) => status === 201);
  expect(written).toEqual([]);
  expect(stack.eventHubs.receivingLinks()).toEqual([]);
});

test('a wrong configuration is told in full, and the services are checked all the same', async () => {
  const findings = await examined(stack, {env: {WEIR_FLUSH_INTERVAL: 'x', COSMOS_ENDPOINT: ''}});
  expect(troublesOf(findings, 'configuration').map(({found}) => found)).toEqual([
    expect.stringContaining('COSMOS_ENDPOINT is not set'),
    expect.stringContaining('WEIR_FLUSH_INTERVAL'),
  ]);
  expect(findings).toContainEqual(expect.objectContaining({check: 'event-hubs.hub', severity: 'ok'}));
  expect(findings).toContainEqual(expect.objectContaining({check: 'cosmos.account', severity: 'skipped'}));
});

describe('a planted fault', () => {
  test('a wrong Event Hubs key: the rule that may listen', async () => {
    const wrong = stack.eventHubs.connectionString.replace(
      /SharedAccessKey=[^;]+/,
      `SharedAccessKey=${secretKey}`,
    );
    const findings = await examined(stack, {env: {EVENT_HUBS_CONNECTION_STRING: wrong}});
    expect(troublesOf(findings)).toMatchObject([
      {check: 'event-hubs.hub', severity: 'problem', fix: expect.stringContaining('--rights Listen')},
    ]);
    expect(findings).toContainEqual({
      check: 'event-hubs.reading',
      severity: 'skipped',
      found: 'Needs event-hubs.hub.',
    });
    expect(JSON.stringify(findings)).not.toContain(secretKey);
  });

  test('a hub that is not there', async () => {
    const findings = await examined(stack, {env: {EVENT_HUB_NAME: 'nowhere'}});
    expect(troublesOf(findings)).toMatchObject([
      {check: 'event-hubs.hub', fix: expect.stringContaining('az eventhubs eventhub create')},
    ]);
  });

  test('an unreachable port: the key that names it', async () => {
    const {endpoint} = stack.cosmos;
    await stack.cosmos.close();
    const findings = await examined(stack, {env: {COSMOS_ENDPOINT: endpoint}});
    expect(troublesOf(findings)).toMatchObject([
      {
        check: 'cosmos.network',
        severity: 'problem',
        found: expect.stringContaining('ECONNREFUSED'),
        fix: expect.stringContaining('COSMOS_ENDPOINT'),
      },
    ]);
  });

  test('a name that does not resolve', async () => {
    // No resolver is asked for a label of more than 63 characters.
    const findings = await examined(stack, {
      env: {LOG_ANALYTICS_ENDPOINT: `https://${'a'.repeat(64)}.invalid`},
    });
    expect(troublesOf(findings, 'log-analytics.network')).toMatchObject([
      {severity: 'problem', found: expect.stringContaining('cannot be resolved')},
    ]);
  });

  test('a wrong storage key', async () => {
    const wrong = stack.blob.connectionString.replace(/AccountKey=[^;]+/, `AccountKey=${secretKey}`);
    const findings = await examined(stack, {env: {STORAGE_CONNECTION_STRING: wrong}});
    expect(troublesOf(findings)).toMatchObject([
      {
        check: 'storage.container',
        severity: 'problem',
        found: expect.stringContaining('AuthorizationFailure'),
      },
    ]);
    // The time is in a refusal, too.
    expect(findings).toContainEqual(expect.objectContaining({check: 'clock', severity: 'ok'}));
  });

  test('capital letters in the name of the hub', async () => {
    const other = await stackWith('Gateway-Logs');
    const findings = await examined(other);
    await other.close();
    expect(troublesOf(findings)).toMatchObject([
      {check: 'event-hubs.names', severity: 'warning', fix: expect.stringContaining('gateway-logs')},
    ]);
  });

  test.each([
    [20_000, 'warning'],
    [90_000, 'problem'],
    [-90_000, 'problem'],
  ])('a clock that is %d ms ahead is a %s', async (aheadMs, severity) => {
    const findings = await examined(stack, {aheadMs});
    expect(troublesOf(findings, 'clock')).toMatchObject([{severity}]);
    expect(troublesOf(findings, 'log-analytics.queries')).toMatchObject([{severity: 'warning'}]);
  });
});

describe('Cosmos DB', () => {
  async function withContainers(definitions: readonly object[]): Promise<void> {
    const {endpoint, key} = stack.cosmos;
    const client = createCosmosClient({endpoint, credential: {key}});
    const {database} = await client.databases.create({id: 'weir'});
    for (const definition of definitions) await database.containers.create(definition);
    client.dispose();
  }
  const progress = {
    id: 'progress',
    partitionKey: {paths: ['/pk']},
    indexingPolicy: {indexingMode: 'consistent', includedPaths: [], excludedPaths: [{path: '/*'}]},
  };

  test('a container with another partition key is a problem', async () => {
    await withContainers([{id: 'aggregates', partitionKey: {paths: ['/region']}}, progress]);
    const findings = await examined(stack);
    expect(troublesOf(findings)).toMatchObject([
      {check: 'cosmos.containers', severity: 'problem', found: expect.stringContaining('/region')},
    ]);
  });

  test('no TTL and an index of everything are warnings, with the command for each', async () => {
    await withContainers([{id: 'aggregates', partitionKey: {paths: ['/pk']}}, progress]);
    const findings = await examined(stack);
    expect(troublesOf(findings)).toMatchObject([
      {check: 'cosmos.containers', severity: 'warning', fix: expect.stringMatching(/--ttl -1$/)},
      {check: 'cosmos.containers', severity: 'warning', fix: expect.stringContaining('--idx')},
    ]);
    expect(findings).toContainEqual(expect.objectContaining({check: 'cosmos.writing', severity: 'ok'}));
    expect(stack.cosmos.documents('weir', 'aggregates')).toEqual([]);
  });

  test('several write regions are a problem', async () => {
    const account = await CosmosEmulator.start({writeRegions: ['East US', 'West US']});
    const env = {COSMOS_ENDPOINT: account.endpoint, COSMOS_KEY: account.key};
    const findings = await examined(stack, {env});
    await account.close();
    expect(troublesOf(findings)).toMatchObject([
      {check: 'cosmos.account', severity: 'problem', fix: expect.stringContaining('az cosmosdb update')},
    ]);
  });

  test('a key that may read but not write is a problem', async () => {
    await withContainers([{id: 'aggregates', partitionKey: {paths: ['/pk']}, defaultTtl: -1}, progress]);
    stack.cosmos.injectFault({kind: 'status', status: 403, operations: ['replace']});
    const findings = await examined(stack);
    expect(troublesOf(findings, 'cosmos.writing')).toMatchObject([
      {severity: 'problem', fix: expect.stringContaining('Cosmos DB Built-in Data Contributor')},
    ]);
  });
});

describe('Log Analytics', () => {
  test('a missing table: the diagnostic setting', async () => {
    const workspace = await LogAnalyticsEmulator.start({table: 'missing'});
    const env = {LOG_ANALYTICS_ENDPOINT: workspace.endpoint};
    const findings = await examined(stack, {env});
    await workspace.close();
    expect(troublesOf(findings)).toMatchObject([
      {
        check: 'log-analytics.table',
        severity: 'problem',
        fix: expect.stringContaining('az monitor diagnostic-settings create'),
      },
    ]);
  });

  test('a missing role: the command that gives it', async () => {
    stack.logAnalytics.inject({kind: 'forbidden'});
    const findings = await examined(stack);
    expect(troublesOf(findings)).toMatchObject([
      {check: 'log-analytics.queries', fix: expect.stringContaining('"Log Analytics Data Reader"')},
    ]);
  });

  test('rows without what the join reads are told by column', async () => {
    const now = new Date().toISOString();
    const row = {TimeGenerated: now, Category: 'RequestResponse', OperationName: 'ChatCompletions_Create'};
    stack.logAnalytics.ingest([
      {...row, CorrelationId: 'a', DurationMs: 5},
      {...row, CorrelationId: 'b', DurationMs: 5},
    ]);
    const findings = await examined(stack);
    expect(troublesOf(findings).map(({check, found}) => [check, found])).toEqual([
      ['log-analytics.table', '0 % of 2 rows of the last hour have a model.'],
      ['log-analytics.table', '0 % of 2 rows of the last hour have a stream type.'],
    ]);
  });

  test('whole rows are counted, with their delay', async () => {
    const properties = JSON.stringify({modelName: 'gpt-4o', streamType: 'Streaming'});
    stack.logAnalytics.ingest([
      {
        TimeGenerated: new Date(Date.now() - 4 * minute).toISOString(),
        Category: 'RequestResponse',
        OperationName: 'ChatCompletions_Create',
        CorrelationId: 'a',
        DurationMs: 5,
        properties_s: properties,
      },
    ]);
    const findings = await examined(stack);
    expect(findings).toContainEqual({
      check: 'log-analytics.table',
      severity: 'ok',
      found: '1 row of RequestResponse came in the last hour; half came within 4 min, 95 % within 4 min.',
    });
  });
});

describe('the gateway’s events', () => {
  test('without a joinable id every latency would be unmatched', async () => {
    const events = Array.from({length: 20}, () => gatewayEvent({requestId: ''}));
    stack.eventHubs.append({hub, partitionId: '0', events});
    const findings = await examined(stack);
    expect(troublesOf(findings)).toMatchObject([
      {
        check: 'gateway.events',
        severity: 'warning',
        consequence: 'Every latency will be unmatched.',
        fix: expect.stringContaining('infra/gateway/apim'),
      },
    ]);
    expect(worksAs(findings)).toBe(true);
  });

  test('nothing but dead letters is a problem, and nothing of a body is told', async () => {
    const events = Array.from({length: 20}, () => ({body: Buffer.from('{"secretPrompt": "hush"}')}));
    stack.eventHubs.append({hub, partitionId: '1', events});
    const findings = await examined(stack);
    expect(troublesOf(findings)).toMatchObject([
      {check: 'gateway.events', severity: 'problem', found: expect.stringContaining('unknown shape 20')},
    ]);
    expect(JSON.stringify(findings)).not.toMatch(/hush|secretPrompt/);
  });

  test('calls without token counts and without texts to estimate them from are told', async () => {
    const events = Array.from({length: 20}, () => gatewayEvent({usage: null}));
    stack.eventHubs.append({hub, partitionId: '0', events});
    expect(troublesOf(await examined(stack))).toMatchObject([
      {check: 'gateway.events', severity: 'warning', found: expect.stringContaining('no token counts')},
    ]);
  });

  test('ids that no diagnostics know are told once they are old enough', async () => {
    const events = Array.from({length: 20}, (_, index) => gatewayEvent({}, Date.now() - 40 * minute + index));
    stack.eventHubs.append({hub, partitionId: '0', events});
    const findings = await examined(stack);
    expect(troublesOf(findings)).toMatchObject([
      {
        check: 'join',
        severity: 'warning',
        found: '0 of 20 ids of the gateway have their row in the workspace.',
      },
    ]);
  });

  test('the sample’s ids are found', async () => {
    loadSample(stack, {hub});
    const findings = await examined(stack);
    expect(troublesOf(findings)).toEqual([]);
    expect(findings).toContainEqual(expect.objectContaining({check: 'join', severity: 'ok'}));
  });
});

test('a deadline beyond the hub’s retention is a problem', async () => {
  const events = Array.from({length: 40}, (_, index) => gatewayEvent({}, Date.now() - 10 * minute + index));
  stack.eventHubs.append({hub, partitionId: '0', events});
  stack.eventHubs.expire({hub, partitionId: '0', count: 20});
  const findings = await examined(stack);
  expect(troublesOf(findings)).toMatchObject([
    {
      check: 'event-hubs.retention',
      severity: 'problem',
      found: 'Events are kept for about 10 min, and join.deadline is 30 min.',
      fix: expect.stringContaining('--retention-time'),
    },
  ]);
});

test('what a restart reads again comes from the rate of the last minutes', async () => {
  const events = Array.from({length: 300}, (_, index) =>
    gatewayEvent({}, Date.now() - 5 * minute + 1000 * (index + 1)),
  );
  stack.eventHubs.append({hub, partitionId: '0', events});
  const findings = await examined(stack);
  const [cost] = findings.filter(({check}) => check === 'restart.cost');
  expect(cost?.found).toMatch(/^1 events\/s: a restart reads up to 1,\d{3} events again/);
});
