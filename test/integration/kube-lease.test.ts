import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '#base/clock.ts';
import { LeaderElection, type Leadership } from '#kube/lease.ts';
import { leases } from '#kube/resource.ts';
import { eventually } from '#testing/eventually.ts';
import type { Fault } from '#testing/fault-proxy.ts';
import { type KubeWorld, startKubeWorld } from '#testing/kube-world.ts';

let world: KubeWorld;

beforeAll(async () => {
  world = await startKubeWorld();
});
afterAll(() => world?.stop());

async function candidate(identity: string, lease: string) {
  const { client, proxy } = await world.behindProxy();
  const election = new LeaderElection({
    client,
    lease: { namespace: 'default', name: lease },
    identity,
    clock: systemClock,
    random: Math.random,
    logger: world.logger,
    durationMs: 1000,
    renewDeadlineMs: 600,
    retryMs: 100,
  });
  return { election, proxy };
}

const never = () => new AbortController().signal;
const stored = (name: string) => world.direct.get(leases, { namespace: 'default', name });

test('the first candidate takes the lease, renews it, and releases it so that the next need not wait', async () => {
  const one = await candidate('one', 'handover');
  const two = await candidate('two', 'handover');
  const leadership = await one.election.acquire(never());
  const first = await stored('handover');
  expect(first.spec).toMatchObject({ holderIdentity: 'one', leaseDurationSeconds: 1, leaseTransitions: 0 });
  expect(first.spec?.renewTime).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
  const waiting = two.election.acquire(never());
  await new Promise((resolve) => setTimeout(resolve, 2500));
  expect(leadership.holds()).toBe(true);
  const later = await stored('handover');
  expect(later.spec?.acquireTime).toBe(first.spec?.acquireTime);
  expect(later.spec?.renewTime).not.toBe(first.spec?.renewTime);
  await leadership.release();
  expect(leadership.holds()).toBe(false);
  expect(leadership.signal.aborted).toBe(true);
  const released = performance.now();
  const next = await waiting;
  expect(performance.now() - released).toBeLessThan(500);
  expect((await stored('handover')).spec).toMatchObject({ holderIdentity: 'two', leaseTransitions: 1 });
  await next.release();
});

test('a leader that is cut off stops before another begins, and can lead again later', async () => {
  const one = await candidate('one', 'cut-off');
  const two = await candidate('two', 'cut-off');
  const first = await one.election.acquire(never());
  let ended = 0;
  first.signal.addEventListener('abort', () => {
    ended = performance.now();
  });
  const waiting = two.election.acquire(never());
  one.proxy.fault = () => ({ kind: 'reset' });
  one.proxy.cutAll();
  const second = await waiting;
  expect(ended).toBeGreaterThan(0);
  expect(ended).toBeLessThan(performance.now());
  expect(first.holds()).toBe(false);
  await first.release();
  expect((await stored('cut-off')).spec?.holderIdentity).toBe('two');
  one.proxy.fault = () => undefined;
  const again = one.election.acquire(never());
  await second.release();
  await (await again).release();
});

test('waiting for the lease can be aborted', async () => {
  const one = await candidate('one', 'waiting');
  const two = await candidate('two', 'waiting');
  const leadership = await one.election.acquire(never());
  const stop = new AbortController();
  const waiting = two.election.acquire(stop.signal);
  stop.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
  await leadership.release();
});

test('of four candidates behind bad networks, two never lead at once, and there is a leader again and again', async () => {
  const kinds: (() => Fault | undefined)[] = [
    () => undefined,
    () => ({ kind: 'reset' }),
    () => ({ kind: 'lose' }),
    () => ({ kind: 'delay', milliseconds: 900 * Math.random() }),
    () => ({ kind: 'stall', afterBytes: 100 }),
    () => ({ kind: 'answer', status: 500 }),
    () => ({ kind: 'answer', status: 429, headers: { 'retry-after': '1' } }),
  ];
  const stop = new AbortController();
  const holders = new Map<string, Leadership>();
  const terms: string[] = [];
  let most = 0;
  const look = setInterval(() => {
    most = Math.max(most, [...holders.values()].filter((leadership) => leadership.holds()).length);
  }, 2);
  const live = async (identity: string) => {
    const { election, proxy } = await candidate(identity, 'storm');
    // One kind of fault lasts for a while, then another kind.
    let weather = kinds[0];
    const change = setInterval(() => {
      weather = kinds[Math.floor(Math.random() * kinds.length)];
      if (Math.random() < 0.3) proxy.cutAll();
    }, 400);
    proxy.fault = () => weather?.();
    while (!stop.signal.aborted) {
      const leadership = await election.acquire(stop.signal).catch(() => undefined);
      if (leadership === undefined) break;
      holders.set(identity, leadership);
      terms.push(identity);
      const over = AbortSignal.any([leadership.signal, stop.signal, AbortSignal.timeout(3000)]);
      if (!over.aborted)
        await new Promise((resolve) => over.addEventListener('abort', resolve, { once: true }));
      await leadership.release();
    }
    clearInterval(change);
  };
  const lives = ['a', 'b', 'c', 'd'].map(live);
  await new Promise((resolve) => setTimeout(resolve, 8_000));
  const seen = eventually(() => {
    expect(terms.length).toBeGreaterThan(4);
    expect(new Set(terms).size).toBeGreaterThan(1);
  }, 60_000);
  await seen.finally(() => stop.abort());
  await Promise.all(lives);
  clearInterval(look);
  expect(most).toBe(1);
  // Each change of leaders is a transition. How many there are depends on the machine.
  const changes = terms.filter((identity, at) => at > 0 && identity !== terms[at - 1]).length;
  await eventually(async () =>
    expect((await stored('storm')).spec?.leaseTransitions).toBeGreaterThanOrEqual(changes),
  );
});
