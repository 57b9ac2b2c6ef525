import {count} from '../count-text.ts';
import type {Examination, Step} from './examination.ts';
import {readSample, type GatewaySample} from './gateway-sample.ts';
import type {Sample} from './sample-events.ts';
import type {Subject} from './subject.ts';
import {counted, percent, whole} from './wording.ts';

/** Below it an id or a region is missing for more than the odd refused call. */
const shareMin = 0.9;
/** Dead letters up to this share are the odd torn event. */
const deadLetterShareMax = 0.05;
/** A sample with fewer records proves little. */
const recordsMin = 10;
/** A share of calls without token counts that streams of API Management do not explain alone. */
const unknownTokensShareMax = 0.5;

const policyFix =
  'Include infra/gateway/apim/weir-log.xml in the policy of the API (infra/gateway/apim/policy.xml shows where); docs/gateways.md has the other ways.';

/** What the gateway sends, from a sample of its latest events. */
export function checkGateway(
  examination: Examination,
  {config}: Subject,
  needs: {readonly sample: Step<Sample>},
): Step<GatewaySample> {
  return examination.step('gateway.events', needs, ({sample}, {say}) => {
    const read = readSample(sample.latest, config);
    const {records, calls, byReason, withId, withRegion, byTokenSource, byShape, estimable} = read;
    if (records === 0) {
      say({severity: 'skipped', found: 'There are no events to look at.'});
      return undefined;
    }
    const dead = records - calls;
    if (dead > records * deadLetterShareMax || calls === 0) {
      const isAll = calls === 0 && records >= recordsMin;
      say({
        severity: isAll ? 'problem' : 'warning',
        found: `${whole(dead)} of ${whole(records)} records are dead letters: ${counted(byReason)}.`,
        consequence: isAll ? 'Nothing is counted.' : 'They are in no aggregate.',
        fix: 'A shape of your own reads them (docs/gateways.md). To see them:\nweir inspect --malformed --count 10',
      });
    }
    if (calls === 0) return undefined;
    const letters = dead > 0 ? ` and ${count(dead, 'dead letter')} (${counted(byReason)})` : '';
    say({severity: 'ok', found: `${count(records, 'record')}: ${counted(byShape)}${letters}.`});
    if (withId < calls * shareMin) {
      say({
        severity: 'warning',
        found: `${whole(withId)} of ${whole(calls)} calls have an id that diagnostics can be joined by (apim-request-id).`,
        consequence:
          withId === 0 ? 'Every latency will be unmatched.' : 'Latencies of the others will be unmatched.',
        fix: policyFix,
      });
    } else say({severity: 'ok', found: `${percent(withId, calls)} have an id that can be joined.`});
    if (withRegion < calls * shareMin) {
      say({
        severity: 'warning',
        found: `${whole(withRegion)} of ${whole(calls)} calls name the region that answered (x-ms-region).`,
        consequence: 'The others count under the region "unknown" until their diagnostics tell it.',
        fix: policyFix,
      });
    } else say({severity: 'ok', found: `${percent(withRegion, calls)} name their region.`});
    const unknown = byTokenSource.get('unknown') ?? 0;
    const left = Math.max(0, unknown - estimable);
    if (left > calls * unknownTokensShareMax) {
      say({
        severity: 'warning',
        found: `${whole(left)} of ${whole(calls)} calls have no token counts, nor texts to estimate them from (${counted(byTokenSource)}).`,
        consequence: 'Their tokens are in no sum.',
        fix: 'Let callers of streams ask for stream_options.include_usage and log behind infra/gateway/proxy; docs/gateways.md says what each shape knows.',
      });
    } else {
      const estimated = estimable > 0 ? `, of which ${whole(estimable)} are estimated` : '';
      say({severity: 'ok', found: `Tokens are ${counted(byTokenSource)}${estimated}.`});
    }
    return read;
  });
}
