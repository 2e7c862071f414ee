import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { poolMetrics } from './metrics.ts';

test('the leader tells how many pools are ready, and nobody else does', async () => {
  const registry = new Registry();
  const ready = { metadata: { name: 'p' }, status: { conditions: [{ type: 'Ready', status: 'True' }] } };
  let isLeading = true;
  poolMetrics(
    registry,
    () => [ready] as never,
    () => isLeading,
  );
  expect(await registry.metrics()).toContain('glidein_pools{ready="True"} 1');
  isLeading = false;
  expect(await registry.metrics()).not.toContain('glidein_pools{');
});
