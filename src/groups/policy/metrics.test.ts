import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import type { PolicyResource } from '../cluster/resources.ts';
import { policyMetrics } from './metrics.ts';

test('the metrics of a policy tell how many jobs it counts, and how many of them no group can run', async () => {
  const registry = new Registry();
  const policy = { metadata: { name: 'p', namespace: 'ns' }, status: { jobs: 10, unrunnable: 4 } };
  let policies = [policy as unknown as PolicyResource];
  policyMetrics(
    registry,
    () => policies,
    () => true,
  );
  const text = await registry.metrics();
  expect(text).toContain('glidein_policy_jobs{namespace="ns",policy="p",class="Runnable"} 6');
  expect(text).toContain('glidein_policy_jobs{namespace="ns",policy="p",class="Unrunnable"} 4');
  policies = [];
  expect(await registry.metrics()).not.toContain('policy="p"');
});
