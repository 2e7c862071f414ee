import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import type { KubeClient } from '#kube/client.ts';
import { ManualClock } from '#testing/manual-clock.ts';
import { ServiceToken } from './service-token.ts';
import { tokenMetrics } from './token-metrics.ts';

const minute = 60_000;

/** The one method that is used, with the server's side of it in the test's hand. */
function server(clock: ManualClock, seconds = 3600) {
  const asked: unknown[] = [];
  const faults: Error[] = [];
  const createToken: KubeClient['createToken'] = async (account, options) => {
    asked.push([account, options]);
    const fault = faults.shift();
    if (fault !== undefined) throw fault;
    return { token: `t${asked.length}`, expires: new Date(clock.wall() + seconds * 1000).toISOString() };
  };
  const token = new ServiceToken({
    client: { createToken } as KubeClient,
    clock,
    account: { namespace: 'ops', name: 'operator' },
    audience: 'glidein.dev/pool/atlas/main',
  });
  return { token, asked, faults };
}

test('a service token is used for four fifths of its life', async () => {
  const clock = new ManualClock();
  const { token, asked } = server(clock);
  expect(await token.get()).toBe('t1');
  clock.advance(47 * minute);
  expect(await token.get()).toBe('t1');
  clock.advance(2 * minute);
  expect(await token.get()).toBe('t2');
  expect(asked[0]).toEqual([
    { namespace: 'ops', name: 'operator' },
    { audiences: ['glidein.dev/pool/atlas/main'], expirationSeconds: 3600 },
  ]);
});

test('a service token is renewed in time when the server grants less than was asked for', async () => {
  const clock = new ManualClock();
  const { token } = server(clock, 600);
  await token.get();
  clock.advance(9 * minute);
  expect(await token.get()).toBe('t2');
});

test('many callers share one request for a service token, and a failure is not remembered', async () => {
  const clock = new ManualClock();
  const { token, asked, faults } = server(clock);
  faults.push(new Error('away'));
  const both = await Promise.allSettled([token.get(), token.get()]);
  expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(await Promise.all([token.get(), token.get()])).toEqual(['t2', 't2']);
  expect(asked).toHaveLength(2);
});

test('the metrics say when tokens end, also when no other comes, and only of who leads', async () => {
  const clock = new ManualClock(1_000_000);
  const { token, faults } = server(clock);
  await token.get();
  const registry = new Registry();
  let isLeading = true;
  tokenMetrics(
    registry,
    {
      *tokenEnds() {
        yield ['atlas/main', token.endsAt ?? 0] as const;
      },
    },
    () => isLeading,
  );
  const series = 'glidein_pool_token_end_timestamp_seconds{namespace="atlas",pool="main"} 4600';
  expect(await registry.metrics()).toContain(series);
  clock.advance(59 * minute);
  faults.push(new Error('away'));
  await expect(token.get()).rejects.toThrow('away');
  expect(await registry.metrics()).toContain(series);
  isLeading = false;
  expect(await registry.metrics()).not.toContain(series);
});
