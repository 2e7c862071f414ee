import { afterEach, expect, it } from 'vitest';
import { Deaths } from '#backend/deaths.ts';
import type { AnnouncedPilot } from '#backend/pool.ts';
import { systemClock } from '#base/clock.ts';
import type { Pod } from '#kube/resource.ts';
import { createLogger } from '#telemetry/logger.ts';
import { ClusterCopy } from '#testing/cluster-copy.ts';
import { eventually } from '#testing/eventually.ts';
import { ManualClock } from '#testing/manual-clock.ts';
import { ScriptedPool } from '#testing/scripted-pool.ts';
import { groupIndices, podIndices } from '../cluster/informers.ts';
import type { GroupResource, PolicyResource, PoolResource } from '../cluster/resources.ts';
import { announcedTo, type BidSources } from '../group/bid.ts';
import { GroupMemories } from '../pilots/group-memory.ts';
import { AbsentPods } from './absent-pods.ts';
import { DemandBoard } from './demand-board.ts';
import { DemandListeners, type DemandListenersOptions } from './demand-listeners.ts';
import { PodDeaths } from './pod-deaths.ts';

const over: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of over.splice(0)) await end();
});

const meta = (name: string, more: object = {}) => ({
  namespace: 'ns',
  name,
  uid: name,
  resourceVersion: '1',
  ...more,
});
const pool = (name: string): PoolResource =>
  ({ metadata: meta(name), spec: {}, status: { address: 'https://x' } }) as unknown as PoolResource;
const group = (poolName: string, version = '1'): GroupResource =>
  ({
    metadata: meta('g', { resourceVersion: version }),
    spec: { poolRef: { name: poolName }, replicas: 1, pilot: { cpus: 1, memory: '1Gi' } },
  }) as unknown as GroupResource;
const pod = (uid: string, poolName: string, state: object = { running: {} }, version = '1'): Pod =>
  ({
    metadata: meta(uid, {
      resourceVersion: version,
      labels: {
        'app.kubernetes.io/component': 'pilot',
        'glidein.dev/group': 'g',
        'glidein.dev/pool': poolName,
      },
      ownerReferences: [{ controller: true, uid: 'g' }],
    }),
    status: { phase: 'Running', containerStatuses: [{ name: 'pilot', state }] },
  }) as unknown as Pod;
const ended = (uid: string, poolName: string): Pod =>
  pod(uid, poolName, { terminated: { exitCode: 137 } }, '2');

function world() {
  const pools = { p: new ScriptedPool(), q: new ScriptedPool() };
  const informers = {
    pools: new ClusterCopy<PoolResource>({}),
    groups: new ClusterCopy<GroupResource, 'pool' | 'policy'>(groupIndices),
    policies: new ClusterCopy<PolicyResource>({}),
    pods: new ClusterCopy<Pod, 'pool' | 'group'>(podIndices),
  };
  const deaths = new Deaths();
  const demandBoard = new DemandBoard(systemClock);
  const sources = { informers, memories: new GroupMemories(), demandBoard } as unknown as BidSources;
  const options = {
    informers,
    client: { list: async () => ({ items: [] }) },
    openPool: async ({ metadata }: PoolResource) => pools[metadata.name as 'p' | 'q'],
    bidTo: () => ({ groups: [], reads: [], waitSeconds: 0 }),
    announcedTo: (name: string): AnnouncedPilot[] => announcedTo(name, sources),
    demandBoard,
    deaths,
    podDeaths: new PodDeaths(informers as never, deaths),
    clock: systemClock,
    random: Math.random,
    logger: createLogger('test', { level: 'silent' }),
  } as unknown as DemandListenersOptions;
  const listeners = new DemandListeners(options);
  const term = () => {
    const stop = new AbortController();
    listeners.begin();
    const running = listeners.run({ stop: stop.signal, abandon: stop.signal });
    const end = async () => {
      stop.abort();
      await running;
    };
    over.push(end);
    return end;
  };
  return { ...informers, pools, podCopy: informers.pods, poolCopy: informers.pools, options, deaths, term };
}

it('the death of a pilot is reported even after the last group of its pool is gone', async () => {
  const { groups, podCopy, poolCopy, pools, term } = world();
  term();
  poolCopy.put(pool('p'));
  groups.put(group('p'));
  podCopy.put(pod('u1', 'p'));
  await eventually(() => expect(pools.p.announcedUids).toEqual(['u1']));
  groups.remove(group('p'));
  podCopy.put(ended('u1', 'p'));
  await eventually(() => expect(pools.p.gones).toEqual(['u1']));
});

it('after its group names another pool, a pilot stays announced to the pool that it was made for, and its death is reported there', async () => {
  const { groups, podCopy, poolCopy, pools, term } = world();
  poolCopy.put(pool('p'));
  poolCopy.put(pool('q'));
  groups.put(group('p'));
  podCopy.put(pod('u1', 'p'));
  term();
  await eventually(() => expect(pools.p.announcedUids).toEqual(['u1']));
  groups.put(group('q', '2'));
  podCopy.put(pod('u2', 'q'));
  await eventually(() => expect(pools.q.announcedUids).toEqual(['u2']));
  expect(pools.p.announcements.flatMap(({ ended: gone }) => gone)).toEqual([]);
  podCopy.put(ended('u1', 'p'));
  await eventually(() => expect(pools.p.gones).toEqual(['u1']));
  expect(pools.q.gones).toEqual([]);
});

it('each term announces all pilots anew in a series of its own, and begins with nothing known', async () => {
  const { options, podCopy, poolCopy, pools, term } = world();
  poolCopy.put(pool('p'));
  podCopy.put(pod('u1', 'p'));
  const end = term();
  await eventually(() => expect(options.demandBoard.latest('ns/p').known).toBe(true));
  await end();
  const stale = options.demandBoard.latest('ns/p').known;
  term();
  expect([stale, options.demandBoard.latest('ns/p').known]).toEqual([true, false]);
  await eventually(() => expect(pools.p.announcements.filter(({ complete }) => complete)).toHaveLength(2));
  expect(new Set(pools.p.announcements.map(({ session }) => session)).size).toBe(2);
});

it('a pool that is deleted leaves no deaths and no demand behind', async () => {
  const { options, poolCopy, deaths, term } = world();
  term();
  poolCopy.put(pool('p'));
  await eventually(() => expect(options.demandBoard.latest('ns/p').known).toBe(true));
  deaths.note('u', 'ns/p', 'ended');
  poolCopy.remove(pool('p'));
  expect([deaths.isKnown('u'), options.demandBoard.latest('ns/p').known]).toEqual([false, false]);
});

it('a pod that was seen being deleted by force proves no death; one that vanished unseen may', () => {
  const { podCopy, deaths } = world();
  const podDeaths = new PodDeaths({ pods: podCopy, groups: world().groups } as never, deaths);
  for (const uid of ['forced', 'missed', 'proved']) podCopy.put(pod(uid, 'p'));
  podCopy.remove(pod('forced', 'p'));
  podCopy.remove(pod('missed', 'p'), true);
  podCopy.put(ended('proved', 'p'));
  podCopy.remove(ended('proved', 'p'));
  expect(['forced', 'missed', 'proved'].map((uid) => podDeaths.wasForced(uid))).toEqual([true, false, false]);
  expect(deaths.untold('ns/p').map(({ uid }) => uid)).toEqual(['proved']);
});

it('a pilot without a pod is dead once its pool has asked for a minute and the API server has no such pod', async () => {
  const clock = new ManualClock();
  const deaths = new Deaths();
  let lists = 0;
  const absent = new AbsentPods({
    pool: 'ns/p',
    client: {
      list: async () => {
        lists += 1;
        return { items: [{ metadata: { uid: 'unseen' } }] } as never;
      },
    },
    present: () => new Set(['alive']),
    wasForced: (uid) => uid === 'forced',
    deaths,
    clock,
  });
  const missing = ['alive', 'forced', 'unseen', 'dead'];
  const ask = async (uids = missing) => {
    await absent.asked(uids, new AbortController().signal);
    return deaths.untold('ns/p').map(({ uid }) => uid);
  };
  expect(await ask()).toEqual([]);
  clock.advance(59_000);
  expect([await ask(), lists]).toEqual([[], 0]);
  // It was back meanwhile: the minute begins anew.
  await ask(missing.filter((uid) => uid !== 'dead'));
  clock.advance(59_000);
  expect(await ask()).toEqual([]);
  clock.advance(60_000);
  expect(await ask()).toEqual(['dead']);
});
