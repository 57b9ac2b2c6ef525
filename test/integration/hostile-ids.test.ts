import assert from 'node:assert/strict';
import {expect, test} from 'vitest';
import type {Workload} from '../oracle/workload.ts';
import {diagnosticsRow, gatewayEvent, requestIdOf} from './calls.ts';
import {hostileIds, joinableIds} from './hostile-ids.ts';
import {hub, Scenario} from './scenario.ts';

const partitionId = '0';
/** Beside the hostile ones, with diagnostics, and found. */
const goodCalls = 3;
/** Above all numbers of the test: for events that have no id of their own. */
const unused = 1_000;

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

/** Everything in a query that may differ from one to the next. */
const times = /datetime\(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z\)/g;
const idList = /\("[0-9a-z-]{1,128}"(?:, "[0-9a-z-]{1,128}")*\)/;
const share = /hash\(CorrelationId, \d{1,4}\) == \d{1,4}/;

test(
  'hostile request ids reach Log Analytics in no query, the others only as a list of plain literals',
  {timeout: 90_000},
  async () => {
    const scenario = await Scenario.start({partitionCount: 1});
    const {eventHubs, logAnalytics} = scenario.stack;
    const given = [...hostileIds, ...joinableIds.map(([id]) => id)];
    const firstGood = given.length;
    const good = Array.from({length: goodCalls}, (_, index) => firstGood + index);
    const worker = scenario.startWorker();
    await scenario.untilAllBegun(worker);
    eventHubs.append({
      hub,
      partitionId,
      events: [
        ...given.map((requestId, number) => ({body: json(gatewayEvent(number, {requestId}))})),
        ...good.map((number) => ({body: json(gatewayEvent(number))})),
      ],
    });
    const rows = good.map((number) => diagnosticsRow(number));
    // Rows that say the same must not be taken for an answer.
    scenario.ingest([
      ...rows,
      ...hostileIds.map((CorrelationId, index) => diagnosticsRow(unused + index, {CorrelationId})),
    ]);

    const counted: Workload = {
      records: [
        ...given.map((_, number) => gatewayEvent(number, {requestId: requestIdOf(unused + number)})),
        ...good.map((number) => gatewayEvent(number)),
      ].map((event) => ({partitionId, body: json(event), enqueuedTimeMs: 0})),
      rows,
    };
    await scenario.untilSettled(counted);
    const outcomes = await worker.metricsWhen(
      (now) => now.sum('weir_join_outcomes_total') === given.length + goodCalls,
    );
    expect(outcomes.sum('weir_join_outcomes_total', 'outcome="no id"')).toBe(hostileIds.length);
    expect(outcomes.sum('weir_join_outcomes_total', 'outcome="unmatched"')).toBe(joinableIds.length);
    expect(outcomes.sum('weir_join_outcomes_total', 'outcome="matched"')).toBe(goodCalls);
    expect(outcomes.sum('weir_duplicate_events_total')).toBe(0);

    const texts = logAnalytics.queries.map(({text}) => text);
    const asked = texts.flatMap((text) => idList.exec(text)?.[0].match(/[0-9a-z-]+/g) ?? []);
    const mayBeAsked = [...joinableIds.map(([, id]) => id), ...good.map(requestIdOf)];
    expect([...new Set(asked)].filter((id) => !mayBeAsked.includes(id))).toEqual([]);
    for (const [, id] of joinableIds) assert(asked.includes(id), `${id.slice(0, 40)} was never asked for`);

    // With these taken out, all queries are one of three texts.
    const shapes = new Set(
      texts.map((text) => text.replace(times, '(time)').replace(idList, '(ids)').replace(share, '(share)')),
    );
    const kinds = [...shapes].map((text) => text.split('\n')[0]!);
    expect(kinds.filter((kind) => !kindsKnown.includes(kind))).toEqual([]);
    expect(kinds.length).toBe(new Set(kinds).size);
    expect([...shapes].find((text) => text.startsWith('AzureDiagnostics'))).toMatchInlineSnapshot(`
      "AzureDiagnostics
      | where TimeGenerated between ((time) .. (time))
      | where CorrelationId in~ (ids)
      | where Category == "RequestResponse" and isnotempty(CorrelationId)
      | where OperationName !endswith "_List"
      | extend overflow = parse_json(tostring(column_ifexists("AdditionalFields", "")))
      | extend details = parse_json(coalesce(tostring(column_ifexists("properties_s", "")), tostring(overflow.properties_s), tostring(overflow.properties)))
      | extend duration = todouble(column_ifexists("DurationMs", real(null)))
      | extend usable = duration >= 0.0 and duration <= 2592000000.0
      | project CorrelationId, TimeGenerated, serverNow = now(), DurationMs = duration,
          requestTime = iff(usable, "", tostring(details.requestTime)),
          responseTime = iff(usable, "", tostring(details.responseTime)),
          streamType = tostring(details.streamType), modelName = tostring(details.modelName),
          modelVersion = tostring(details.modelVersion), objectId = tostring(details.objectId),
          location = coalesce(tostring(column_ifexists("location_s", "")), tostring(overflow.location_s), tostring(overflow.location))"
    `);
    expect(await scenario.problemsAtRest(counted)).toEqual([]);
  },
);

const kindsKnown = ['AzureDiagnostics', 'let lo = (time);', 'print serverNow = now()'];
