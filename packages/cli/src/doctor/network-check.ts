import {isIP} from 'node:net';
import {count} from '../count-text.ts';
import type {Endpoint} from './endpoints.ts';
import type {Examination, Step} from './examination.ts';
import type {Said} from './finding.ts';
import {reach, type Reach} from './reach.ts';
import type {Subject} from './subject.ts';

const days = 86_400_000;
/** Azure renews its certificates months ahead; one that ends so soon is somebody's own. */
const certificateDaysMin = 14;

/** Name, connection and TLS of one service; `section` is its section of the configuration. */
export function checkNetwork(
  examination: Examination,
  {usable, now}: Pick<Subject, 'usable' | 'now'>,
  {name, section, endpoint}: {name: string; section: string; endpoint: () => Endpoint},
): Step<'reached'> {
  return examination.step(`${name}.network`, {}, async (_, {say, signal}) => {
    if (usable.unusable.has(section)) {
      say({severity: 'skipped', found: 'Its configuration is missing or wrong.'});
      return undefined;
    }
    const at = endpoint();
    const proxy = at.proxied === 'never' ? undefined : proxyFor(at, process.env);
    if (proxy !== undefined) {
      say({severity: 'skipped', found: `${at.host} is reached through the proxy of HTTPS_PROXY.`});
      return 'reached';
    }
    const outcome = await reach(at, signal);
    say(saidOf(outcome, {at, nowMs: now()}));
    return outcome.kind === 'reached' ? 'reached' : undefined;
  });
}

function saidOf(outcome: Reach, {at, nowMs}: {at: Endpoint; nowMs: number}): Said {
  const {host, port} = at;
  const consequence = 'The worker ends at start, or waits for this service.';
  switch (outcome.kind) {
    case 'reached': {
      const {address, protocol, certificateEndsMs} = outcome;
      const where = isIP(host) === 0 ? `${host} is ${address}, port ${port}` : `${host}, port ${port}`;
      if (protocol === undefined) return {severity: 'ok', found: `${where}, without TLS.`};
      const leftDays = Math.floor(((certificateEndsMs ?? Number.NaN) - nowMs) / days);
      const found = `${where}, ${protocol}, certificate good for ${count(leftDays, 'day')}.`;
      if (!(leftDays < certificateDaysMin)) return {severity: 'ok', found};
      return {severity: 'warning', found, consequence: 'Connections fail when it has ended.'};
    }
    case 'no name':
      return {
        severity: 'problem',
        found: `The name ${host} cannot be resolved (${outcome.cause}).`,
        consequence,
        fix: `Check ${at.key}. With a private endpoint:\naz network private-dns link vnet create --resource-group <group> --zone-name ${at.privateZone} --name weir --virtual-network <network> --registration-enabled false`,
      };
    case 'no connection':
      return {
        severity: 'problem',
        found: `${host} (${outcome.address}) takes no connection on port ${port} (${outcome.cause}).`,
        consequence,
        fix: noConnectionFix(at),
      };
    case 'no trust':
      return {
        severity: 'problem',
        found: `${host} (${outcome.address}) has no certificate that Node trusts (${outcome.cause}).`,
        consequence,
        fix: 'NODE_EXTRA_CA_CERTS: name the file with the certificate of the proxy that stands between.',
      };
  }
}

function noConnectionFix({key, port, proxied}: Endpoint): string {
  const check = `Check ${key}, firewall rules and network policies (kubectl get networkpolicy)`;
  return proxied === 'never' && port === 5671
    ? `${check}; where port 5671 is closed: EVENT_HUBS_TRANSPORT=websockets uses 443.`
    : `${check}.`;
}

/** As the clients of the SDK read the environment. */
export function proxyFor({host}: Pick<Endpoint, 'host'>, env: NodeJS.ProcessEnv): string | undefined {
  const proxy = env['HTTPS_PROXY'] ?? env['https_proxy'] ?? env['ALL_PROXY'] ?? env['all_proxy'];
  if (proxy === undefined || proxy === '' || isLoopback(host)) return undefined;
  const exempt = (env['NO_PROXY'] ?? env['no_proxy'] ?? '').split(',').map((entry) => entry.trim());
  return exempt.some((entry) => entry !== '' && host.endsWith(entry.replace(/^\*/, ''))) ? undefined : proxy;
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}
