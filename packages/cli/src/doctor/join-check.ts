import type {LookupAnswer} from '@weir/pipeline';
import {generatedAfterMs, generatedBeforeMs} from '@weir/worker';
import type {Examination, Step} from './examination.ts';
import type {GatewaySample} from './gateway-sample.ts';
import {diagnosticsCommand, type LogAnalyticsLook} from './log-analytics-checks.ts';
import type {Subject} from './subject.ts';

/** Ids asked for; enough to tell some from none. */
const idsMax = 200;
/** With fewer events nothing is concluded from none being found. */
const idsMin = 5;
/** Rows come within minutes as a rule, in 20 at most as documented. */
const settledMs = 20 * 60_000;
/** Less than this share found is told. */
const shareMin = 0.5;

/** Whether the gateway's ids are those of the diagnostics: asks for the rows of events that are old enough. */
export function checkJoin(
  examination: Examination,
  subject: Subject,
  needs: {readonly gateway: Step<GatewaySample>; readonly logAnalytics: Step<LogAnalyticsLook>},
): void {
  examination.step('join', needs, async ({gateway, logAnalytics}, {say, signal}) => {
    const {service, serviceNowMs} = logAnalytics;
    const settled = gateway.ids.filter(({enqueuedTimeMs}) => enqueuedTimeMs < serviceNowMs - settledMs);
    const ids = [...new Set(settled.slice(-idsMax).map(({requestId}) => requestId))];
    if (ids.length === 0) {
      say({severity: 'skipped', found: 'No event of the sample has an id and is older than 20 min.'});
      return undefined;
    }
    const times = settled.slice(-idsMax).map(({enqueuedTimeMs}) => enqueuedTimeMs);
    const answer: LookupAnswer = await service.byIds(
      {ids, fromMs: Math.min(...times) - generatedBeforeMs, toMs: Math.max(...times) + generatedAfterMs},
      signal,
    );
    if (answer.kind !== 'complete') {
      say({severity: 'skipped', found: `Log Analytics gave no complete answer (${answer.kind}).`});
      return undefined;
    }
    const found = new Set(answer.rows.map(({requestId}) => requestId)).size;
    const text = `${found} of ${ids.length} ids of the gateway have their row in the workspace.`;
    if (found >= ids.length * shareMin || ids.length < idsMin) {
      say({severity: 'ok', found: text});
      return undefined;
    }
    say({
      severity: 'warning',
      found: text,
      consequence:
        found === 0
          ? 'Every latency will be unmatched: the ids are not those of the service, or its diagnostics go elsewhere.'
          : 'Latencies of the others will be unmatched: some accounts may send no diagnostics here.',
      fix: diagnosticsCommand(subject),
    });
    return undefined;
  });
}
