import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { ManualClock } from '#testing/manual-clock.ts';
import { groupMetrics } from './metrics.ts';

const clock = new ManualClock(0);

test('the metrics of a group say whether it is ready, whether its breaker is open and how many pilots it lost', async () => {
  const registry = new Registry();
  const metrics = groupMetrics(registry, clock, () => true);
  const group = { namespace: 'atlas', name: 'g' };
  const facts = {
    phases: { Idle: 2 },
    wanted: 3,
    demand: 3,
    ready: false,
    suspended: true,
    breakerOpen: true,
    quarantinedNodes: 2,
    demandKnown: false,
    limits: [],
  };
  metrics.seen(group, facts);
  // A series that begins with its first loss would not show that there was one.
  expect(await registry.metrics()).toContain(
    'glidein_group_pilots_lost_total{namespace="atlas",group="g"} 0',
  );
  metrics.lost(group);
  const text = await registry.metrics();
  expect(text).toContain('glidein_group_ready{namespace="atlas",group="g"} 0');
  expect(text).toContain('glidein_group_suspended{namespace="atlas",group="g"} 1');
  expect(text).toContain('glidein_group_breaker_open{namespace="atlas",group="g"} 1');
  expect(text).toContain('glidein_group_quarantined_nodes{namespace="atlas",group="g"} 2');
  expect(text).toContain('glidein_group_pilots_lost_total{namespace="atlas",group="g"} 1');
  metrics.gone(group);
  expect(await registry.metrics()).not.toMatch(/glidein_group_[a-z_]+\{/);
});

test('the metrics of a group name only the limits that cost it pilots now', async () => {
  const registry = new Registry();
  const metrics = groupMetrics(registry, clock, () => true);
  const group = { namespace: 'atlas', name: 'g' };
  const facts = {
    phases: {},
    wanted: 3,
    demand: 3,
    ready: true,
    suspended: false,
    breakerOpen: false,
    quarantinedNodes: 0,
    demandKnown: true,
  };
  metrics.seen(group, { ...facts, limits: [{ name: 'maxPilots', count: 7 }] });
  const series = 'glidein_group_limited_pilots{namespace="atlas",group="g",limit="maxPilots"}';
  expect(await registry.metrics()).toContain(`${series} 7`);
  expect(await registry.metrics()).toContain('glidein_group_demand_known{namespace="atlas",group="g"} 1');
  metrics.seen(group, { ...facts, limits: [] });
  expect(await registry.metrics()).not.toContain(series);
});

test('the metrics name the twenty nodes on which the most pilots failed of late, and no others', async () => {
  const registry = new Registry();
  const metrics = groupMetrics(registry, clock, () => true);
  for (let node = 0; node < 100; node += 1)
    for (let failure = 0; failure <= node; failure += 1) metrics.failedOn(`n${node}`);
  metrics.failedOn(undefined);
  const text = await registry.metrics();
  expect(text).toContain('glidein_node_failed_pilots{node="n99"} 100');
  expect(text).toContain('glidein_node_failed_pilots{node="n80"} 81');
  expect(text.match(/^glidein_node_failed_pilots\{/gm)).toHaveLength(20);
});
