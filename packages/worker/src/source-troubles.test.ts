import {StallError} from '@weir/azure';
import type {SourceTrouble} from '@weir/azure';
import {expect, test} from 'vitest';
import {reports} from './commit-fixture.ts';
import {createMetrics} from './metrics.ts';
import {SourceTroubles} from './source-troubles.ts';

const kinds: readonly SourceTrouble['kind'][] = [
  'claim',
  'round',
  'link',
  'position',
  'release',
  'repeat',
  'stalled',
  'watch',
  'close',
  'credit',
  'consumer',
];

function heeded(
  ...troubles: Partial<SourceTrouble>[]
): ReturnType<typeof reports> & {metrics: ReturnType<typeof createMetrics>} {
  const told = reports();
  const metrics = createMetrics();
  const heed = new SourceTroubles({report: told.report, metrics});
  for (const trouble of troubles)
    heed.heed({kind: 'claim', partitionId: '3', error: new Error('the cause'), ...trouble});
  return {...told, metrics};
}

test.each(kinds)('%s is told in sentences with its cause, for its partition', (kind) => {
  const {troubles} = heeded({kind});
  expect(troubles).toMatchObject([{kind: `source ${kind}`, partitionId: '3'}]);
  expect(troubles[0]?.message).toMatch(/^[A-Z].*the cause.*\.$/);
});

test('trouble of no partition names none', () => {
  const {troubles} = heeded({kind: 'round', partitionId: ''});
  expect(troubles[0]).not.toHaveProperty('partitionId');
});

test('a refused position names the command that resolves it', () => {
  expect(heeded({kind: 'position'}).troubles[0]?.message).toContain('weir recover --partition 3');
});

test('keys in an error never reach a message', () => {
  const error = new Error('Endpoint=sb://ns/;SharedAccessKeyName=x;SharedAccessKey=c2VjcmV0c2VjcmV0');
  expect(heeded({kind: 'link', error}).troubles[0]?.message).not.toContain('c2VjcmV0c2VjcmV0');
});

test('restarts are counted by what caused them', async () => {
  const {metrics} = heeded(
    {kind: 'stalled', error: new StallError('silent', 'no call for 30 s')},
    {kind: 'stalled', error: new StallError('behind', 'nothing came after 400')},
    {kind: 'link'},
    {kind: 'close'},
  );
  const text = await metrics.registry.metrics();
  const counted = text
    .split('\n')
    .filter((line) => line.startsWith('weir_receiver_restarts_total{') && line.endsWith(' 1'));
  expect(counted).toHaveLength(3);
});
