import {usableConfig} from '@weir/worker';
import {expect, test} from 'vitest';
import {skewSaid} from './clock-check.ts';
import {commandLines} from './command-lines.ts';
import {Examination} from './examination.ts';
import {roleCommand, workspaceScope} from './fixes.ts';
import {checkIdentity, identityFor, principalOf} from './identity-check.ts';
import {namesWithCapitals} from './hub-checks.ts';
import {proxyFor} from './network-check.ts';
import {reportText} from './report-text.ts';
import {restartCost} from './restart-cost.ts';
import {resourceName} from './subject.ts';

const token = (claims: object): string =>
  `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.x`;
const oid = '11111111-2222-3333-4444-555555555555';

test('who a token is for completes the command that gives a role', () => {
  const principal = principalOf(token({oid, idtyp: 'user'}));
  expect(principal).toEqual({objectId: oid, type: 'User'});
  expect(principalOf(token({oid}))).toEqual({objectId: oid, type: 'ServicePrincipal'});
  expect(principalOf('opaque')).toBeUndefined();
  expect(principalOf(token({oid: '"; rm -rf /'}))).toBeUndefined();
  expect(roleCommand('A Role', principal, 'az x')).toBe(
    `az role assignment create --role "A Role" --assignee-object-id ${oid} --assignee-principal-type User --scope "$(az x)"`,
  );
});

test('without a token only the services that need one are skipped', async () => {
  const usable = usableConfig({
    env: {
      EVENT_HUBS_NAMESPACE: 'contoso',
      EVENT_HUB_NAME: 'hub',
      STORAGE_ACCOUNT_URL: 'https://contoso.blob.core.windows.net',
      LOG_ANALYTICS_WORKSPACE_ID: oid,
      COSMOS_ENDPOINT: 'https://contoso.documents.azure.com',
      COSMOS_KEY: 'a2V5',
    },
  });
  const refuse = {getToken: () => Promise.reject(new TypeError('tenant and client at length'))};
  const subject = {
    usable,
    config: usable.config,
    lookingGroup: '$Default',
    identity: () => refuse,
    now: () => Date.now(),
  };
  const examination = new Examination();
  const identity = checkIdentity(examination, subject);
  expect(await examination.findings()).toMatchObject([
    {
      check: 'identity',
      severity: 'problem',
      found:
        'Microsoft Entra ID gives this process no token (TypeError); eventHubs, storage, logAnalytics need one.',
    },
  ]);
  expect(await identityFor('storage', identity, subject).outcome).toBeUndefined();
  expect(await identityFor('cosmos', identity, subject).outcome).toEqual({value: {principal: undefined}});
});

test('a command is broken where a shell goes on, and stays the same command', () => {
  const command = `${roleCommand('Log Analytics Data Reader', undefined, workspaceScope(oid))} --x '[{"category":"${'R'.repeat(40)}","enabled":true}]'`;
  const lines = commandLines(command, '      ');
  expect(lines.filter((line) => line.length > 80)).toEqual([]);
  const joined = lines.join('\n').replaceAll(/ \\\n +/g, ' ');
  expect(joined.trim().replaceAll(',\n', ',')).toBe(command);
});

test('a sentence is wrapped without backslashes', () => {
  const lines = commandLines(`Set this key. ${'And think. '.repeat(20)}`, '    ');
  expect(lines.length).toBeGreaterThan(1);
  expect(lines.join('\n')).not.toContain('\\');
});

test('names with capitals are found where KEDA reads them', () => {
  const connectionString =
    'Endpoint=sb://Contoso.servicebus.windows.net/;SharedAccessKeyName=N;SharedAccessKey=K';
  expect(namesWithCapitals({hub: 'hub', connectionString: undefined})).toEqual([]);
  expect(namesWithCapitals({hub: 'Hub', connectionString})).toEqual([
    'Hub',
    'Contoso.servicebus.windows.net',
  ]);
});

test('a resource is named by the first label of its host, never by an address', () => {
  expect(resourceName('contoso.servicebus.windows.net:5671')).toBe('contoso');
  expect(resourceName('127.0.0.1:5672')).toBe('<name>');
});

test('a restart costs what the deadline holds, against what a unit gives', () => {
  // PROTOCOL.md: 30 min at 1,000 events/s take about 14 min on one unit, with events of some 600 bytes.
  const cost = restartCost({eventsPerSecond: 1000, eventBytes: 630}, 30 * 60_000);
  expect(cost).toMatchObject({events: 1_800_000, units: 1});
  expect(cost.durationMs / 60_000).toBeGreaterThan(9);
  expect(cost.durationMs / 60_000).toBeLessThan(15);
  expect(restartCost({eventsPerSecond: 10_000, eventBytes: 500}, 1000).units).toBe(3);
});

test('a clock is judged by what it breaks', () => {
  expect(skewSaid(4_000).severity).toBe('ok');
  expect(skewSaid(-6_000).severity).toBe('warning');
  expect(skewSaid(61_000)).toMatchObject({severity: 'problem', found: expect.stringContaining('ahead')});
});

test('a proxy is used as the clients do', () => {
  const env = {HTTPS_PROXY: 'http://proxy:8080', NO_PROXY: 'internal.example, .windows.net'};
  expect(proxyFor({host: 'api.loganalytics.io'}, env)).toBe('http://proxy:8080');
  expect(proxyFor({host: 'contoso.blob.core.windows.net'}, env)).toBeUndefined();
  expect(proxyFor({host: '127.0.0.1'}, env)).toBeUndefined();
  expect(proxyFor({host: 'api.loganalytics.io'}, {})).toBeUndefined();
});

test('a check that throws is a problem of its own, and those that need it are skipped', async () => {
  const examination = new Examination();
  const broken = examination.step('broken', {}, (): number => {
    throw new RangeError('no');
  });
  examination.step('needs it', {broken}, () => undefined);
  examination.step('other', {}, (_, {say}) => {
    say({severity: 'ok', found: 'Fine.'});
    return undefined;
  });
  expect(await examination.findings()).toMatchObject([
    {check: 'broken', severity: 'problem', found: expect.stringContaining('RangeError: no')},
    {check: 'needs it', severity: 'skipped', found: 'Needs broken.'},
    {check: 'other', severity: 'ok'},
  ]);
});

test('a check that never ends is told as late when the examination is over', async () => {
  const over = new AbortController();
  const examination = new Examination({signal: over.signal});
  examination.step('hanging', {}, () => new Promise<undefined>(() => {}));
  over.abort();
  expect(await examination.findings()).toMatchObject([{check: 'hanging', severity: 'problem'}]);
});

test('the report names its marks in words and ends with a verdict', () => {
  const text = reportText(
    [
      {check: 'a', severity: 'ok', found: 'Well.'},
      {check: 'b', severity: 'problem', found: 'Bad.', consequence: 'It ends.', fix: 'az x'},
    ],
    process.stdout,
  );
  expect(text).toBe(
    '✓ ok      a                      Well.\n✗ problem b                      Bad.\n    So: It ends.\n    Fix:\n      az x\n\nA worker would not work: 1 problem.\n',
  );
});
