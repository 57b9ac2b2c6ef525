import type {LogAnalyticsDiagnostics, RowGroup} from '@weir/azure';
import type {LookupAnswer} from '@weir/pipeline';
import {openLogAnalytics} from '@weir/worker';
import {httpEndpoint, type Endpoint} from './endpoints.ts';
import type {Examination, Look, Step} from './examination.ts';
import {roleCommand, workspaceScope} from './fixes.ts';
import type {IdentityStep, Principal} from './identity-check.ts';
import {skewToldMs} from './clock-check.ts';
import type {Subject} from './subject.ts';
import {percent, roughly, whole} from './wording.ts';

export interface LogAnalyticsLook {
  readonly service: LogAnalyticsDiagnostics;
  /** The service's clock, ms since the epoch. */
  readonly serviceNowMs: number;
}

export type RowsLook = {readonly rows: number};

const recentMs = 60 * 60_000;
/** Rows that have what the join reads, of those that came lately. */
const shareMin = 0.9;

const hosts = {
  public: 'https://api.loganalytics.io',
  usgov: 'https://api.loganalytics.us',
  china: 'https://api.loganalytics.azure.cn',
};

export function logAnalyticsEndpoint({config}: Subject): Endpoint {
  return httpEndpoint(config.logAnalytics.endpoint ?? hosts[config.azureCloud], {
    key: 'LOG_ANALYTICS_ENDPOINT or AZURE_CLOUD',
    privateZone: 'privatelink.monitor.azure.com',
  });
}

/** Asks for the service's time, which needs the workspace, a token and the role. */
export function checkQueries(
  examination: Examination,
  subject: Subject,
  needs: {readonly network: Step<'reached'>; readonly identity: IdentityStep},
): Step<LogAnalyticsLook> {
  return examination.step('log-analytics.queries', needs, async ({identity}, look) => {
    const service = openLogAnalytics(subject.config, subject.identity);
    const askedMs = subject.now();
    const answer = await service.serviceNow(look.signal);
    if (answer.kind !== 'complete' || answer.serviceNowMs === undefined) {
      sayNoAnswer(look, {answer, subject, principal: identity.principal});
      return undefined;
    }
    const {serviceNowMs} = answer;
    const aheadMs = (askedMs + subject.now()) / 2 - serviceNowMs;
    look.say({severity: 'ok', found: 'The workspace answers queries.'});
    if (Math.abs(aheadMs) > skewToldMs) {
      look.say({
        severity: 'warning',
        found: `The local clock is ${roughly(Math.abs(aheadMs))} ${aheadMs > 0 ? 'ahead of' : 'behind'} that of Log Analytics.`,
        consequence:
          'None for the join, which goes by the service’s clock; the check "clock" says what it means.',
      });
    }
    return {service, serviceNowMs};
  });
}

/** Counts the rows of the last hour by what the join can read of them. */
export function checkTable(
  examination: Examination,
  subject: Subject,
  needs: {readonly logAnalytics: Step<LogAnalyticsLook>},
): Step<RowsLook> {
  return examination.step('log-analytics.table', needs, async ({logAnalytics}, look) => {
    const {service, serviceNowMs} = logAnalytics;
    const range = {fromMs: Math.floor(serviceNowMs - recentMs), toMs: Math.ceil(serviceNowMs)};
    const answer = await service.recent(range, look.signal);
    if (answer.kind !== 'recent') {
      sayNoAnswer(look, {answer, subject, principal: undefined});
      return undefined;
    }
    const {groups} = answer;
    const rows = sum(groups, () => true);
    if (rows === 0) {
      look.say({
        severity: 'ok',
        found: 'AzureDiagnostics is there; no row of RequestResponse came in the last hour.',
      });
      return {rows};
    }
    const lacking = columnsLacking(groups, rows);
    for (const {column, has} of lacking) {
      look.say({
        severity: 'warning',
        found: `${percent(has, rows)} of ${whole(rows)} rows of the last hour have ${column}.`,
        consequence: consequences[column],
        fix: diagnosticsCommand(subject),
      });
    }
    if (lacking.length === 0) {
      const delays = `half came within ${roughly(quantile(groups, rows, 0.5))}, 95 % within ${roughly(quantile(groups, rows, 0.95))}`;
      look.say({
        severity: 'ok',
        found: `${rows === 1 ? '1 row' : `${whole(rows)} rows`} of RequestResponse came in the last hour; ${delays}.`,
      });
    }
    return {rows};
  });
}

/** Turns the category on for an account; the destination is AzureDiagnostics, which is the default. */
export function diagnosticsCommand({config}: Subject): string {
  const [workspaceId = '<workspace id>'] = config.logAnalytics.workspaceIds;
  return (
    'az monitor diagnostic-settings create --name weir --resource <id of the Azure OpenAI account> ' +
    `--workspace "$(${workspaceScope(workspaceId)})" --logs '[{"category":"RequestResponse","enabled":true}]'`
  );
}

const consequences = {
  CorrelationId: 'The others can be joined with no event.',
  DurationMs: 'Of the others the ticks in properties_s are used, where they are there.',
  'a model': 'Latencies of the others stand under the model "unknown" unless the gateway tells it.',
  'a stream type': 'Latencies of the others stand under the stream type "unknown".',
} as const;

function columnsLacking(
  groups: readonly RowGroup[],
  rows: number,
): {column: keyof typeof consequences; has: number}[] {
  const counts = [
    {column: 'CorrelationId', has: sum(groups, ({has}) => has.id)},
    {column: 'DurationMs', has: sum(groups, ({has}) => has.duration)},
    {column: 'a model', has: sum(groups, ({has}) => has.model)},
    {column: 'a stream type', has: sum(groups, ({has}) => has.streamType)},
  ] as const;
  return counts.filter(({has}) => has < rows * shareMin);
}

function sum(groups: readonly RowGroup[], counts: (group: RowGroup) => boolean): number {
  return groups.filter(counts).reduce((total, {rows}) => total + rows, 0);
}

/** ms, at the end of the step that it lies in. */
function quantile(groups: readonly RowGroup[], rows: number, share: number): number {
  let seen = 0;
  for (const group of groups.toSorted((a, b) => a.delaySeconds - b.delaySeconds)) {
    seen += group.rows;
    if (seen >= rows * share) return (group.delaySeconds + stepSeconds) * 1000;
  }
  return 0;
}

/** As the query cuts them. */
const stepSeconds = 30;

function sayNoAnswer(
  {say}: Look,
  {answer, subject, principal}: {answer: LookupAnswer; subject: Subject; principal: Principal | undefined},
): void {
  const {workspaceIds} = subject.config.logAnalytics;
  const consequence =
    'No event gets its diagnostics; they wait up to join.waitMax, and latencies stay empty.';
  if (answer.kind !== 'forbidden') {
    const cause = 'cause' in answer ? ` (${answer.cause})` : '';
    say({
      severity: 'problem',
      found: `Log Analytics gives no usable answer: ${answer.kind}${cause}`,
      consequence,
    });
    return;
  }
  const {reason} = answer;
  const isRole = reason.startsWith('403');
  const isTable = /AzureDiagnostics/.test(reason);
  const scope = workspaceScope(workspaceIds[0] ?? '<workspace id>');
  say({
    severity: 'problem',
    found: isTable
      ? `The workspace has no table AzureDiagnostics: ${reason}`
      : `Log Analytics refuses: ${reason}`,
    consequence,
    fix: isRole
      ? roleCommand('Log Analytics Data Reader', principal, scope)
      : isTable
        ? diagnosticsCommand(subject)
        : 'LOG_ANALYTICS_WORKSPACE_ID: take an id of the second column:\naz monitor log-analytics workspace list --query "[].[name,customerId]" --output table',
  });
}
