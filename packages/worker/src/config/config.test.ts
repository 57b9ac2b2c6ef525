import {describe, expect, test} from 'vitest';
import {loadConfig} from './config.ts';
import {ConfigurationError} from './configuration-error.ts';
import {describeConfig} from './describe.ts';
import type {Sources} from './layers.ts';

const hubKey = 'aHViLWtleS10aGF0LW5vYm9keS1zaG91bGQtc2Vl';
const basics = {
  EVENT_HUBS_CONNECTION_STRING: `Endpoint=sb://Contoso.servicebus.windows.net/;SharedAccessKeyName=listen;SharedAccessKey=${hubKey}`,
  EVENT_HUB_NAME: 'gateway-events',
  STORAGE_CONNECTION_STRING: 'DefaultEndpointsProtocol=https;AccountName=contoso;AccountKey=c3RvcmFnZS1rZXk=',
  LOG_ANALYTICS_WORKSPACE_ID: '11111111-2222-3333-4444-555555555555',
  COSMOS_ENDPOINT: 'https://contoso.documents.azure.com:443/',
  COSMOS_KEY: 'Y29zbW9zLWtleQ==',
};

function load(env: NodeJS.ProcessEnv, others: Omit<Sources, 'env'> = {}) {
  return loadConfig({env: {...basics, ...env}, ...others});
}

function problems(env: NodeJS.ProcessEnv, others: Omit<Sources, 'env'> = {}): readonly string[] {
  try {
    load(env, others);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems;
    throw error;
  }
  return [];
}

const yaml = (text: string) => ({file: {name: 'weir.yaml', text}});

describe('defaults', () => {
  test('the connection basics alone give the documented configuration, without a warning', () => {
    const {config, warnings} = load({});
    expect(warnings).toEqual([]);
    expect(config).toMatchObject({
      azureCloud: 'public',
      eventHubs: {
        namespace: 'contoso.servicebus.windows.net',
        hub: 'gateway-events',
        consumerGroup: '$Default',
        transport: 'amqp',
      },
      storage: {container: 'weir'},
      cosmos: {
        endpoint: 'https://contoso.documents.azure.com',
        database: 'weir',
        container: 'aggregates',
        concurrency: 16,
        requestUnitsPerSecond: undefined,
      },
      lookup: {concurrency: 3},
      flush: {intervalMs: 10_000},
      refreshMs: {'5m': 10_000, '1h': 60_000, '1d': 600_000},
      retentionMs: {'5m': 30 * 86_400_000, '1h': 400 * 86_400_000, '1d': undefined},
      dedupe: {horizonMs: 300_000, idsMax: 10_000_000},
      commit: {bytesMax: 8 * 1024 ** 2},
      parked: {documentsMax: 1_000},
      ownership: {intervalMs: 10_000, expiryMs: 60_000},
      source: {startPosition: 'earliest', inFlightEventsMax: 50_000, inFlightBytesMax: 256 * 1024 ** 2},
      assign: {earlyMaxMs: 300_000, lateMaxMs: undefined, policy: 'deadLetter'},
      http: {host: '127.0.0.1', port: 8080},
      log: {level: 'info'},
    });
    expect(config.join).toEqual({
      feedIntervalMs: 15_000,
      settleMs: 45_000,
      sweepAfterMs: undefined,
      sweepIntervalMs: 480_000,
      deadlineMs: 1_800_000,
      waitMaxMs: 43_200_000,
      mergeWaitMs: 120_000,
      waitingMax: 1_000_000,
      rowsAheadMax: 200_000,
    });
    expect(config.views.map(({name, shards}) => [name, shards])).toEqual([
      ['region-usage', 1],
      ['region-latency', 1],
      ['chargeback', 1],
    ]);
  });
});

describe('precedence', () => {
  test('flags win over the environment, the environment over the file, the file over the default', () => {
    const file = yaml('flush: {interval: 4s}\ndedupe:\n  horizon: 4m\nownership:\n  interval: 4s\n');
    const env = {WEIR_FLUSH_INTERVAL: '3s', WEIR_DEDUPE_HORIZON: '3m'};
    const {config} = load(env, {...file, flags: {'flush.interval': '2s'}});
    expect([config.flush.intervalMs, config.dedupe.horizonMs, config.ownership.intervalMs]).toEqual([
      2_000, 180_000, 4_000,
    ]);
  });

  test('an empty variable and an empty value in the file count as not set', () => {
    const {config} = load({WEIR_FLUSH_INTERVAL: ' '}, yaml('flush:\n  interval:\njoin:\n'));
    expect(config.flush.intervalMs).toBe(10_000);
  });

  test('the short name of a variable wins over the WEIR_ one, with a warning', () => {
    const {config, warnings} = load({WEIR_EVENT_HUBS_HUB: 'other'});
    expect(config.eventHubs.hub).toBe('gateway-events');
    expect(warnings).toEqual([
      'WEIR_EVENT_HUBS_HUB is not used, because EVENT_HUB_NAME is set too and says something else.',
    ]);
  });

  test('every key has a variable: words apart, in capitals', () => {
    const env = {WEIR_JOIN_SWEEP_AFTER: '1s', WEIR_REFRESH_5M: '7s', WEIR_SOURCE_IN_FLIGHT_BYTES_MAX: '1GiB'};
    const {config} = load(env);
    expect(config.join.sweepAfterMs).toBe(1_000);
    expect(config.refreshMs['5m']).toBe(7_000);
    expect(config.source.inFlightBytesMax).toBe(1024 ** 3);
  });
});

describe('the file', () => {
  test('${NAME} is taken from the environment and cannot bring structure with it', () => {
    const file = yaml('cosmos:\n  key: ${SECRET}\n  database: db-${STAGE}\n');
    const {config} = load({COSMOS_KEY: '', SECRET: 'a:{b}', STAGE: 'test'}, file);
    expect(config.cosmos).toMatchObject({key: 'a:{b}', database: 'db-test'});
  });

  test('${NAME} that is not set is named', () => {
    expect(problems({}, yaml('cosmos: {database: "${DATABASE_NAME}"}'))).toEqual([
      'cosmos.database in weir.yaml names the variable ${DATABASE_NAME}, which is not set.',
    ]);
  });

  test('an unknown key names the nearest right one', () => {
    const text = 'join: {deadlin: 10m}\nflsh: {interval: 1s}\ndeadline: 40m\nzzzzzzzzzzzz: 1';
    expect(problems({}, yaml(text))).toEqual([
      'join.deadlin in weir.yaml is not a key; did you mean join.deadline?',
      'flsh in weir.yaml is not a key; docs/configuration.md lists them.',
      'deadline in weir.yaml is not a key; did you mean join.deadline?',
      'zzzzzzzzzzzz in weir.yaml is not a key; docs/configuration.md lists them.',
    ]);
  });

  test.each([
    ['- a', /must be a map of keys/],
    ['a: [', /not a configuration file: Flow sequence .* line 1/],
    ['flush: {interval: 1s}\nflush: {interval: 2s}', /keys must be unique/],
    ['a: *nothing', /alias/],
    ['join: 10m', /join in weir.yaml must be a map of keys, such as join: \{feedInterval: 15s\}/],
    ['flush.interval: 1s\nflush: {interval: 1s}', /given twice/],
    ['constructor: {prototype: 1}', /constructor in weir.yaml is not a key/],
    [`x: "${'a'.repeat(1_048_576)}"`, /longer than/],
  ])('a file that is not one is refused: %#', (text, message) => {
    expect(problems({}, yaml(text)).join('\n')).toMatch(message);
  });

  test('an empty file gives the defaults, and a list of ids is a list', () => {
    expect(load({}, yaml('# nothing yet\n')).config.flush.intervalMs).toBe(10_000);
    const ids = ['11111111-2222-3333-4444-555555555555', '66666666-2222-3333-4444-555555555555'];
    const {config} = load(
      {LOG_ANALYTICS_WORKSPACE_ID: ''},
      yaml(`logAnalytics: {workspaceIds: [${ids.join(', ')}]}`),
    );
    expect(config.logAnalytics.workspaceIds).toEqual(ids);
  });
});

describe('what is refused', () => {
  test('everything that is wrong is told at once, the worst first, one line each', () => {
    const env = {COSMOS_ENDPOINT: '', WEIR_FLUSH_INTERVAL: 'soon\nAccountKey=abc', WEIR_JOIN_DEADLNE: '1h'};
    const found = problems(env, yaml('source: {startPosition: "${NOWHERE}"}'));
    expect(found).toEqual([
      'source.startPosition in weir.yaml names the variable ${NOWHERE}, which is not set.',
      'COSMOS_ENDPOINT is not set, for example https://contoso.documents.azure.com.',
      'WEIR_FLUSH_INTERVAL "soon\\nAccountKey=(removed)" is not a duration; it may be 10ms to 1h, for example 10s.',
      'WEIR_JOIN_DEADLNE is not a variable of Weir; did you mean WEIR_JOIN_DEADLINE?',
    ]);
  });

  test('without anything, each missing basic is named', () => {
    expect(() => loadConfig({env: {}})).toThrow(ConfigurationError);
    expect(() => loadConfig({env: {}})).toThrow(
      /EVENT_HUBS_CONNECTION_STRING[^]*EVENT_HUB_NAME[^]*STORAGE_[^]*LOG_ANALYTICS_WORKSPACE_ID[^]*COSMOS_ENDPOINT/,
    );
  });

  test.each([
    [{WEIR_LOOKUP_CONCURRENCY: '0'}, /"0" is less than 1/],
    [{WEIR_COSMOS_CONCURRENCY: '1.5'}, /"1.5" is not a whole number; it may be 1 to 256, for example 16/],
    [{WEIR_JOIN_SETTLE: '99d'}, /is more than 1h/],
    [{WEIR_COMMIT_BYTES_MAX: '8MB'}, /"8MB" is not a size/],
    [{WEIR_ASSIGN_POLICY: 'drop'}, /may be deadLetter, clamp/],
    [{WEIR_SOURCE_START_POSITION: '2024-02-30T00:00:00Z'}, /is not a time/],
    [{WEIR_SOURCE_START_POSITION: '2024-02-20T00:00:00'}, /with its zone/],
    [{WEIR_HTTP_PORT: '70000'}, /WEIR_HTTP_PORT "70000" is more than 65535/],
    [{COSMOS_ENDPOINT: 'https://contoso.documents.azure.com/x'}, /COSMOS_ENDPOINT .* holds a path/],
    [{COSMOS_ENDPOINT: 'http://contoso.documents.azure.com'}, /plain http to a host that is not loopback/],
    [{LOG_ANALYTICS_ENDPOINT: 'http://127.0.0.1.example.com'}, /plain http/],
    [{LOG_ANALYTICS_WORKSPACE_ID: 'contoso'}, /LOG_ANALYTICS_WORKSPACE_ID holds an id that is not a GUID/],
    [{EVENT_HUBS_CONNECTION_STRING: 'Endpoint=sb://x/'}, /has no parts SharedAccessKeyName/],
    [{STORAGE_CONNECTION_STRING: 'AccountName=x'}, /STORAGE_CONNECTION_STRING \(not shown\) has neither/],
    [{AZURE_CLOUD: 'germany'}, /public, usgov, china/],
    [
      {EVENT_HUBS_CONNECTION_STRING: `${basics.EVENT_HUBS_CONNECTION_STRING};UseDevelopmentEmulator=true`},
      /^EVENT_HUBS_CONNECTION_STRING \(not shown\) .* without TLS, on a host that is not loopback/,
    ],
    [
      {STORAGE_CONNECTION_STRING: basics.STORAGE_CONNECTION_STRING.replace('=https', '=HTTP')},
      /^STORAGE_CONNECTION_STRING \(not shown\) has DefaultEndpointsProtocol=http, which is without TLS/,
    ],
    [
      {STORAGE_CONNECTION_STRING: `${basics.STORAGE_CONNECTION_STRING};BlobEndpoint=http://azurite:10000/x`},
      /^STORAGE_CONNECTION_STRING \(not shown\) has a BlobEndpoint without TLS on a host that is not loopback/,
    ],
    [
      {
        STORAGE_CONNECTION_STRING: 'BlobEndpoint=http://contoso.blob.example;SharedAccessSignature=sig',
      },
      /^STORAGE_CONNECTION_STRING .* without TLS/,
    ],
  ])('an impossible value names its variable, the trouble and an example: %j', (env, message) => {
    expect(problems(env)).toEqual([expect.stringMatching(message)]);
  });

  test.each([
    [
      {WEIR_JOIN_DEADLINE: '19m'},
      /^WEIR_JOIN_DEADLINE .* less than join.sweepAfter 12m plus join.sweepInterval 8m/,
    ],
    [{WEIR_JOIN_DEADLINE: '20m', WEIR_JOIN_SWEEP_AFTER: '721s'}, /^WEIR_JOIN_DEADLINE/],
    [{WEIR_OWNERSHIP_INTERVAL: '31s'}, /^WEIR_OWNERSHIP_EXPIRY .* less than twice/],
    [
      {
        WEIR_FLUSH_INTERVAL: '3s',
        WEIR_JOIN_DEADLINE: '2s',
        WEIR_JOIN_SWEEP_AFTER: '1s',
        WEIR_JOIN_SWEEP_INTERVAL: '1s',
      },
      /^WEIR_FLUSH_INTERVAL .* more than join.deadline 2s/,
    ],
  ])('the relation is refused: %j', (env, message) => {
    expect(problems(env)).toEqual([expect.stringMatching(message)]);
  });

  test('small timings that fit each other are allowed', () => {
    const env = {
      WEIR_JOIN_DEADLINE: '3s',
      WEIR_JOIN_SWEEP_AFTER: '1s',
      WEIR_JOIN_SWEEP_INTERVAL: '1s',
      WEIR_FLUSH_INTERVAL: '100ms',
      WEIR_OWNERSHIP_INTERVAL: '200ms',
      WEIR_OWNERSHIP_EXPIRY: '400ms',
    };
    expect(problems(env)).toEqual([]);
  });

  test('no message holds any part of a secret', () => {
    const env = {
      EVENT_HUBS_CONNECTION_STRING: `SharedAccessKey=${hubKey}`,
      STORAGE_CONNECTION_STRING: `AccountKey=${hubKey}`,
      COSMOS_KEY: `${hubKey} ${hubKey}`,
      COSMOS_ENDPOINT: `AccountEndpoint=https://contoso.documents.azure.com/;AccountKey=${hubKey}`,
      STORAGE_ACCOUNT_URL: `https://contoso.blob.core.windows.net/?sig=${hubKey}`,
    };
    expect(problems(env)).toHaveLength(5);
    expect(problems(env).join('\n')).not.toContain(hubKey.slice(0, 8));
  });
});

describe('connections', () => {
  test('EntityPath names the hub, and must equal EVENT_HUB_NAME', () => {
    const withPath = `${basics.EVENT_HUBS_CONNECTION_STRING};EntityPath=from-path`;
    expect(load({EVENT_HUBS_CONNECTION_STRING: withPath, EVENT_HUB_NAME: ''}).config.eventHubs.hub).toBe(
      'from-path',
    );
    expect(load({EVENT_HUBS_CONNECTION_STRING: withPath, EVENT_HUB_NAME: 'from-path'}).warnings).toEqual([]);
    expect(problems({EVENT_HUBS_CONNECTION_STRING: withPath})).toEqual([
      'EVENT_HUB_NAME is "gateway-events", but EntityPath in the connection string is another hub; leave one of them out.',
    ]);
  });

  test('a bare namespace is completed for its cloud', () => {
    const env = {EVENT_HUBS_CONNECTION_STRING: '', EVENT_HUBS_NAMESPACE: 'Contoso', AZURE_CLOUD: 'china'};
    const {eventHubs} = load(env).config;
    expect(eventHubs.namespace).toBe('contoso.servicebus.chinacloudapi.cn');
    expect(eventHubs.connectionString).toBeUndefined();
  });

  test('loopback endpoints may be plain http, and take workspaces that are not GUIDs', () => {
    const env = {
      LOG_ANALYTICS_ENDPOINT: 'http://[::1]:9000/',
      LOG_ANALYTICS_WORKSPACE_ID: 'demo, Other-1',
      COSMOS_ENDPOINT: 'http://127.0.0.1:8081',
      EVENT_HUBS_CONNECTION_STRING:
        'Endpoint=sb://127.0.0.1:5672;SharedAccessKeyName=n;SharedAccessKey=k;UseDevelopmentEmulator=true',
      STORAGE_CONNECTION_STRING: 'UseDevelopmentStorage=true',
    };
    const {config, warnings} = load(env);
    expect(warnings).toEqual([]);
    expect(config.logAnalytics).toEqual({endpoint: 'http://[::1]:9000', workspaceIds: ['demo', 'Other-1']});
    expect(config.eventHubs.namespace).toBe('127.0.0.1:5672');
    const blob = 'AccountName=a;AccountKey=a2V5;BlobEndpoint=http://[::1]:10000/a';
    expect(problems({STORAGE_CONNECTION_STRING: blob})).toEqual([]);
  });

  test('what Kubernetes sets for a Service of the same name does no harm', () => {
    const env = {
      WEIR_SERVICE_HOST: '10.0.0.1',
      WEIR_SERVICE_PORT_HTTP: '8080',
      WEIR_PORT_8080_TCP_ADDR: '10.0.0.1',
      WEIR_PORT: 'tcp://10.0.0.1:8080',
      WEIR_HTTP_PORT: 'tcp://10.0.0.1:8080',
    };
    const {config, warnings} = load(env);
    expect(config.http.port).toBe(8080);
    expect(warnings).toEqual([expect.stringContaining('WEIR_HTTP_PORT is not used')]);
  });

  test('a misspelt variable is refused, also when it ends like one of Kubernetes', () => {
    expect(problems({WEIR_HTPP_PORT: '9090'})).toEqual([
      'WEIR_HTPP_PORT is not a variable of Weir; did you mean WEIR_HTTP_PORT?',
    ]);
  });

  test('a variable that is nothing like ours is only a warning', () => {
    expect(load({WEIR_SOMETHING_ELSE: '1'}).warnings).toEqual([
      'WEIR_SOMETHING_ELSE is not a variable of Weir and is not used.',
    ]);
  });
});

describe('warnings', () => {
  test.each([
    [{WEIR_JOIN_WAIT_MAX: '10m'}, /^join.waitMax/],
    [{WEIR_REFRESH_5M: '1s'}, /^refresh.5m is less than flush.interval/],
    [{WEIR_JOIN_MERGE_WAIT: '10m'}, /^join.mergeWait is more than dedupe.horizon/],
    [{WEIR_REFRESH_5M: '10m'}, /^refresh.5m is longer than its window/],
    [{WEIR_RETENTION_5M: '10m'}, /^retention.5m is less than join.deadline/],
    [{WEIR_LOOKUP_CONCURRENCY: '6'}, /^lookup.concurrency/],
    [{EVENT_HUBS_NAMESPACE: 'contoso'}, /^EVENT_HUBS_NAMESPACE is not used/],
  ])('a doubtful relation starts all the same: %j', (env, warning) => {
    expect(load(env).warnings).toEqual([expect.stringMatching(warning)]);
  });
});

test('the description for the log shows no secret', () => {
  const description = describeConfig(load({WEIR_SOURCE_START_POSITION: '2024-05-17T13:15:00+02:00'}).config);
  expect(description).toMatchObject({
    'eventHubs.connectionString': '(set)',
    'storage.connectionString': '(set)',
    'cosmos.key': '(set)',
    'join.deadline': '30m',
    'refresh.1h': '1m',
    'commit.bytesMax': '8MiB',
    'source.inFlightBytesMax': '256MiB',
    'source.startPosition': '2024-05-17T11:15:00.000Z',
  });
  for (const secret of [hubKey, 'c3RvcmFn', basics.COSMOS_KEY]) {
    expect(JSON.stringify(description)).not.toContain(secret);
  }
});
