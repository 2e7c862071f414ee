import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { groupMetrics } from './metrics.ts';

test('the metrics of a group say whether it is ready, whether its breaker is open and how many pilots it lost', async () => {
  const registry = new Registry();
  const metrics = groupMetrics(registry);
  const group = { namespace: 'atlas', name: 'g' };
  const facts = {
    phases: { Idle: 2 },
    wanted: 3,
    demand: 3,
    ready: false,
    breakerOpen: true,
    demandKnown: false,
    limits: [],
  };
  metrics.seen(group, facts);
  metrics.lost(group);
  const text = await registry.metrics();
  expect(text).toContain('glidein_group_ready{namespace="atlas",group="g"} 0');
  expect(text).toContain('glidein_group_breaker_open{namespace="atlas",group="g"} 1');
  expect(text).toContain('glidein_group_pilots_lost_total{namespace="atlas",group="g"} 1');
  metrics.gone(group);
  expect(await registry.metrics()).not.toMatch(/glidein_group_(ready|breaker_open)\{/);
});

test('the metrics of a group name only the limits that cost it pilots now', async () => {
  const registry = new Registry();
  const metrics = groupMetrics(registry);
  const group = { namespace: 'atlas', name: 'g' };
  const facts = { phases: {}, wanted: 3, demand: 3, ready: true, breakerOpen: false, demandKnown: true };
  metrics.seen(group, { ...facts, limits: [{ name: 'maxPilots', count: 7 }] });
  const series = 'glidein_group_limited_pilots{namespace="atlas",group="g",limit="maxPilots"}';
  expect(await registry.metrics()).toContain(`${series} 7`);
  expect(await registry.metrics()).toContain('glidein_group_demand_known{namespace="atlas",group="g"} 1');
  metrics.seen(group, { ...facts, limits: [] });
  expect(await registry.metrics()).not.toContain(series);
});
