import {createDecoder, builtInShapes, PartitionPipeline, LookupJoin, defaultViews, startMark} from '@weir/pipeline';
import {readRows} from '../../packages/azure/src/log-analytics/rows.ts';
import {calls} from './workload.ts';
const N = 200_000;
const bodies: Buffer[] = []; const rows: any[] = [];
for (const c of calls({events: N, partitions: 4, startMs: 1_764_000_000_000 - 1_200_000})) { bodies.push(c.body); if (c.row) { const p = JSON.parse(String(c.row['properties_s'])); rows.push({requestId: c.row['CorrelationId'], timeGeneratedMs: Date.parse(String(c.row['TimeGenerated'])), durationMs: c.row['DurationMs'], streamType: p.streamType.toLowerCase(), model: p.modelName, modelVersion: p.modelVersion, principal: p.objectId, region: 'x'}); } }
console.log('mean body', bodies.reduce((a, b) => a + b.length, 0) / N);
const now = 1_764_000_000_000;
for (let r = 0; r < 4; r++) {
  const join = new LookupJoin({rowsAheadMax: 200_000, deadlineMs: 1_800_000, sweepIntervalMs: 480_000, waitMaxMs: 43_200_000});
  const views = defaultViews.map((v) => ({...v, shards: 1}));
  const options = {views, assign: {earlyMaxMs: 300_000, lateMaxMs: undefined, beyond: 'deadLetter' as const}, dedupe: {horizonMs: 300_000, idsMax: 2_500_000}, refreshMs: {'5m': 10_000, '1h': 60_000, '1d': 600_000}, decoder: createDecoder({shapes: builtInShapes}), join, carryBytesMax: 4e6};
  const ps = [0, 1, 2, 3].map(() => new PartitionPipeline(options, {kind: 'new', lineage: 'x', hubCreatedAt: 'x', at: startMark}));
  globalThis.gc?.();
  const c0 = process.cpuUsage(); const t0 = performance.now();
  let dec = 0;
  for (let at = 0; at < N / 4; at += 300) {
    for (let p = 0; p < 4; p++) {
      const batch = [];
      for (let k = at; k < Math.min(N / 4, at + 300); k++) batch.push({sequenceNumber: k, offset: String(k), enqueuedTimeMs: now + (k >> 4), body: bodies[k * 4 + p]});
      ps[p]!.receive(batch);
    }
  }
  const t1 = performance.now(); const c1 = process.cpuUsage(c0);
  for (let at = 0; at < rows.length; at += 40_000) join.offer(rows.slice(at, at + 40_000), now + 60_000);
  const t2 = performance.now(); const c2 = process.cpuUsage(c0);
  const out = ps.map((p) => p.takeCommit({nowMs: now, author: 'x', carries: 'hand over'}));
  const t3 = performance.now(); const c3 = process.cpuUsage(c0);
  const {createHash} = await import('node:crypto'); const {encodeDelta} = await import('@weir/pipeline');
  const digest = createHash('sha256').update(JSON.stringify(out.map((o) => ({...o!.commit, deltas: o!.commit.deltas.map(encodeDelta).sort((a, b) => a.id < b.id ? -1 : 1)})))).update(JSON.stringify(join.counts)).update(JSON.stringify(ps.map((p) => p.counts))).digest('hex').slice(0, 12);
  const us = (c: {user: number; system: number}) => (c.user + c.system) / N;
  console.log('read', ((t1 - t0) * 1000 / N).toFixed(2), 'cpu', us(c1).toFixed(2), '| join', ((t2 - t1) * 1000 / N).toFixed(2), 'cpu', (us(c2) - us(c1)).toFixed(2), '| commit', ((t3 - t2) * 1000 / N).toFixed(2), 'cpu', (us(c3) - us(c2)).toFixed(2), join.counts.matched, digest, out.map((o) => o!.commit.deltas.length).join());
}
void readRows;
