import type {Examination, Step} from './examination.ts';
import {usesIdentity, type ServiceName, type Subject} from './subject.ts';

/** Who the process is to Azure, as far as its token says. */
export interface Principal {
  readonly objectId: string;
  readonly type: 'ServicePrincipal' | 'User';
}

/** The principal is undefined where nobody needs it, or the token does not say it. */
export type IdentityStep = Step<{readonly principal: Principal | undefined}>;

/** Of one token request; the chain of credentials asks several places. */
const tokenWithinMs = 10_000;
/** A token that any of the services may ask for; it is thrown away. */
const scope = 'https://storage.azure.com/.default';

const advice =
  'On AKS: label the pod azure.workload.identity/use=true and annotate its service account with azure.workload.identity/client-id (kubectl describe serviceaccount <name>). On your machine: az login';

/** What a service needs of it: nothing, where it is reached with a key. */
export function identityFor(service: ServiceName, identity: IdentityStep, {config}: Subject): IdentityStep {
  if (usesIdentity(config)[service]) return identity;
  return {name: identity.name, outcome: Promise.resolve({value: {principal: undefined}})};
}

/** The identity of the process, where a service needs one. */
export function checkIdentity(examination: Examination, {config, usable, identity}: Subject): IdentityStep {
  return examination.step('identity', {}, async (_, {say, signal}) => {
    const needing = Object.entries(usesIdentity(config))
      .filter(([service, uses]) => uses && !usable.unusable.has(service))
      .map(([service]) => service);
    if (needing.length === 0) {
      say({severity: 'ok', found: 'None is needed: keys are set, or the endpoint is on loopback.'});
      return {principal: undefined};
    }
    const answer = await tokenOf(identity(), signal);
    if ('cause' in answer) {
      say({
        severity: 'problem',
        found: `Microsoft Entra ID gives this process no token (${answer.cause}); ${needing.join(', ')} need one.`,
        consequence: 'The worker ends at start.',
        fix: advice,
      });
      return undefined;
    }
    const principal = principalOf(answer.token);
    const who = principal === undefined ? '' : ` for ${principal.type} ${principal.objectId}`;
    say({severity: 'ok', found: `Microsoft Entra ID gives a token${who}.`});
    return {principal};
  });
}

async function tokenOf(
  credential: ReturnType<Subject['identity']>,
  signal: AbortSignal,
): Promise<{token: string} | {cause: string}> {
  try {
    const abortSignal = AbortSignal.any([signal, AbortSignal.timeout(tokenWithinMs)]);
    const token = await credential.getToken(scope, {abortSignal});
    return token === null ? {cause: 'none'} : {token: token.token};
  } catch (error) {
    // Messages of the identity library name tenants and clients at length; the class says which step failed.
    return {cause: error instanceof Error ? error.name : 'unknown error'};
  }
}

/** Reads the claims, without believing them: they only complete a command that is printed. */
export function principalOf(token: string): Principal | undefined {
  const [, payload = ''] = token.split('.');
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString());
    if (typeof claims !== 'object' || claims === null || !('oid' in claims)) return undefined;
    const {oid} = claims;
    if (typeof oid !== 'string' || !/^[0-9a-f-]{36}$/i.test(oid)) return undefined;
    return {objectId: oid, type: 'idtyp' in claims && claims.idtyp === 'user' ? 'User' : typeOf(claims)};
  } catch {
    // A token that is no JWT says nothing of who it is for.
    return undefined;
  }
}

/** Only people have a name to sign in with. */
function typeOf(claims: object): Principal['type'] {
  return 'upn' in claims || 'unique_name' in claims ? 'User' : 'ServicePrincipal';
}
