import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import type { KubeClient } from '#kube/client.ts';
import type { Happening } from '#kube/event.ts';
import { KubeError } from '#kube/kube-error.ts';
import type { KubeObject } from '#kube/object.ts';
import type { Lease } from '#kube/resource.ts';
import { type Change, Store } from '#kube/store.ts';
import { createLogger } from '#telemetry/logger.ts';
import { ManualClock } from '#testing/manual-clock.ts';
import { passTime, settled } from '#testing/pass-time.ts';
import { claimMetrics } from './claim-metrics.ts';
import { claimedCopies } from './claimed-copies.ts';
import type { Copy, Informers } from './informers.ts';
import { NamespaceClaims } from './namespace-claims.ts';

const refused = (reason: string) => new KubeError(reason, { status: 409, reason });

/** The Leases of a cluster, which all installations of a test share. */
class Leases {
  readonly held = new Map<string, Lease>();
  requests = 0;
  #version = 0;

  /** How one installation sees them; nothing is answered while `cut` says so. */
  client(cut: () => boolean): KubeClient {
    const reach = () => {
      this.requests++;
      if (cut()) throw new KubeError('no answer', { status: 0, reason: 'Lost' });
    };
    const client = {
      find: async (_: unknown, { namespace }: { namespace: string }) => {
        reach();
        return this.held.get(namespace);
      },
      create: async (_: unknown, { metadata, spec }: Lease) => {
        reach();
        const { namespace = '' } = metadata;
        if (this.held.has(namespace)) throw refused('AlreadyExists');
        return this.#write(namespace, spec);
      },
      mergePatch: async (_: unknown, { namespace }: { namespace: string }, { metadata, spec }: Lease) => {
        reach();
        const found = this.held.get(namespace);
        if (found?.metadata.resourceVersion !== metadata.resourceVersion) throw refused('Conflict');
        return this.#write(namespace, { ...found?.spec, ...spec });
      },
    };
    return client as unknown as KubeClient;
  }

  holder(namespace: string): string | undefined {
    return this.held.get(namespace)?.spec?.holderIdentity;
  }

  #write(namespace: string, spec: Lease['spec']): Lease {
    const resourceVersion = String(++this.#version);
    const lease = { metadata: { namespace, name: 'glidein-namespace', resourceVersion }, spec } as Lease;
    this.held.set(namespace, lease);
    return lease;
  }
}

/** A copy that a test changes. */
class TestCopy implements Copy<KubeObject> {
  readonly store = new Store<KubeObject>({});
  readonly #handlers = new Set<(change: Change<KubeObject>) => void>();

  onChange(handler: (change: Change<KubeObject>) => void): () => void {
    for (const object of this.store.all()) handler({ type: 'added', object, initial: true });
    this.#handlers.add(handler);
    return () => this.#handlers.delete(handler);
  }

  add(namespace: string, name: string): void {
    this.#tell(this.store.put({ metadata: { namespace, name, uid: name, resourceVersion: '1' } }));
  }

  remove(namespace: string, name: string): void {
    this.#tell(this.store.remove({ metadata: { namespace, name, uid: name, resourceVersion: '2' } }));
  }

  #tell(change: Change<KubeObject> | undefined): void {
    if (change !== undefined) for (const handler of this.#handlers) handler(change);
  }
}

/** One process of an installation, with what its controllers would be told. */
function installation(leases: Leases, holder: string, clock = new ManualClock()) {
  const copies = {
    pools: new TestCopy(),
    groups: new TestCopy(),
    policies: new TestCopy(),
    imageSets: new TestCopy(),
  };
  const informers = copies as unknown as Informers;
  const happened: Happening[] = [];
  let isCut = false;
  const claims = new NamespaceClaims({
    client: leases.client(() => isCut),
    informers,
    recorder: {
      record: (_: unknown, __: unknown, happening: Happening) => happened.push(happening),
    } as never,
    clock,
    random: () => 0,
    logger: createLogger('test', { level: 'silent' }),
    holder,
  });
  const shown = claimedCopies(informers, claims).groups;
  const told: string[] = [];
  shown.onChange(({ type, object }) =>
    told.push(`${type} ${object.metadata.namespace}/${object.metadata.name}`),
  );
  let stop = new AbortController();
  let running = Promise.resolve();
  return {
    ...copies,
    claims,
    clock,
    shown,
    told,
    happened,
    cut: (now: boolean) => {
      isCut = now;
    },
    lead: async () => {
      stop = new AbortController();
      claims.begin();
      running = claims.run({ stop: stop.signal, abandon: stop.signal });
      await settled();
    },
    end: async () => {
      stop.abort();
      await running;
    },
  };
}

const a = 'one/glidein-operator';
const b = 'two/glidein-operator';

/** Two installations that see a pool and a group in the same namespace; the first one leads already. */
async function two() {
  const leases = new Leases();
  const clock = new ManualClock();
  const first = installation(leases, a, clock);
  const second = installation(leases, b, clock);
  for (const each of [first, second]) {
    each.pools.add('shared', 'p');
    each.groups.add('shared', 'g');
  }
  await first.lead();
  return { leases, clock, first, second };
}

test('the second installation leaves the namespace alone, and says once who serves it', async () => {
  const { leases, clock, first, second } = await two();
  await second.lead();
  await passTime(clock, 600_000, 1_000);
  expect([first.claims.holds('shared'), second.claims.holds('shared')]).toEqual([true, false]);
  expect([first.told, second.told]).toEqual([['added shared/g'], []]);
  expect([first.shown.store.size, second.shown.store.size]).toEqual([1, 0]);
  expect(first.happened).toEqual([]);
  expect(second.happened).toEqual([
    expect.objectContaining({
      reason: 'ServedByAnother',
      note: `the operator ${b} leaves this namespace alone, because the operator ${a} serves it; let only one of them see it`,
    }),
  ]);
  expect(leases.holder('shared')).toBe(a);
  await Promise.all([first.end(), second.end()]);
});

test('of two that begin at once, one serves', async () => {
  const leases = new Leases();
  const both = [installation(leases, a), installation(leases, b)];
  for (const each of both) each.groups.add('shared', 'g');
  await Promise.all(both.map((each) => each.lead()));
  expect(both.filter(({ claims }) => claims.holds('shared'))).toHaveLength(1);
  await Promise.all(both.map((each) => each.end()));
});

test('the second takes over only when the claim of the first has expired, and then sees everything as new', async () => {
  const { leases, clock, first, second } = await two();
  await second.lead();
  await first.end();
  await passTime(clock, 110_000, 1_000);
  expect([second.claims.holds('shared'), second.told]).toEqual([false, []]);
  await passTime(clock, 60_000, 1_000);
  expect([second.claims.holds('shared'), second.told]).toEqual([true, ['added shared/g']]);
  await first.lead();
  await passTime(clock, 300_000, 1_000);
  expect([first.claims.holds('shared'), leases.holder('shared')]).toEqual([false, b]);
  await Promise.all([first.end(), second.end()]);
});

test('a holder that is cut off has stopped before another begins', async () => {
  const { clock, first, second } = await two();
  await second.lead();
  first.cut(true);
  let both = 0;
  for (let second_ = 0; second_ < 300; second_++) {
    await passTime(clock, 1_000, 1_000);
    if (first.claims.holds('shared') && second.claims.holds('shared')) both++;
  }
  expect([both, first.claims.holds('shared'), second.claims.holds('shared')]).toEqual([0, false, true]);
  expect(first.told).toEqual(['added shared/g', 'deleted shared/g']);
  first.cut(false);
  await passTime(clock, 120_000, 1_000);
  expect(first.claims.holds('shared')).toBe(false);
  await Promise.all([first.end(), second.end()]);
});

test('a holder that stood still knows at once that it holds no longer, before any timer has fired', async () => {
  const leases = new Leases();
  const asleep = installation(leases, a);
  asleep.groups.add('shared', 'g');
  await asleep.lead();
  let awake = 0;
  asleep.clock.after(90_000, () => {
    awake++;
  });
  const monotonic = asleep.clock.monotonic.bind(asleep.clock);
  asleep.clock.monotonic = () => monotonic() + 100_000;
  expect([awake, asleep.claims.holds('shared'), asleep.shown.store.size]).toEqual([0, false, 0]);
  await asleep.end();
});

test('another process of the same installation goes on without waiting, and the other installation gets nothing', async () => {
  const { clock, leases, first, second } = await two();
  await second.lead();
  await first.end();
  const successor = installation(leases, a, clock);
  successor.groups.add('shared', 'g');
  await successor.lead();
  expect(successor.claims.holds('shared')).toBe(true);
  await passTime(clock, 300_000, 1_000);
  expect([successor.claims.holds('shared'), second.claims.holds('shared')]).toEqual([true, false]);
  await Promise.all([successor.end(), second.end()]);
});

test('a namespace in which nothing is left is free for others at their next try', async () => {
  const { clock, leases, first, second } = await two();
  await second.lead();
  first.groups.remove('shared', 'g');
  expect(first.claims.holds('shared')).toBe(true);
  first.pools.remove('shared', 'p');
  await settled();
  expect([first.claims.holds('shared'), leases.holder('shared')]).toEqual([false, '']);
  await passTime(clock, 40_000, 1_000);
  expect(second.claims.holds('shared')).toBe(true);
  await Promise.all([first.end(), second.end()]);
});

test('each serves its own namespaces, and a thousand groups cost as many requests as one', async () => {
  const { clock, leases, first, second } = await two();
  for (let index = 0; index < 1_000; index++) first.groups.add('shared', `g-${index}`);
  second.groups.add('own', 'g');
  await second.lead();
  expect([second.claims.held, second.claims.servedByOthers]).toEqual([['own'], ['shared']]);
  leases.requests = 0;
  await passTime(clock, 300_000, 1_000);
  // Two of a holder and one of a waiter, ten times: for two held claims and one that is waited for.
  expect(leases.requests).toBeLessThanOrEqual(50);
  await Promise.all([first.end(), second.end()]);
});

test('the leader tells how many namespaces it serves and how many others do', async () => {
  const registry = new Registry();
  let isLeading = true;
  claimMetrics(registry, { held: ['x', 'y'], servedByOthers: ['z'] }, () => isLeading);
  const text = await registry.metrics();
  expect(text).toContain('glidein_namespaces{state="Served"} 2');
  expect(text).toContain('glidein_namespaces{state="ServedByAnother"} 1');
  isLeading = false;
  expect(await registry.metrics()).not.toContain('glidein_namespaces{');
});
