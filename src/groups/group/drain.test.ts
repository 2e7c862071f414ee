import { expect, it } from 'vitest';
import { glideinGroupSpec } from '#api/glidein-group.ts';
import type { Pool } from '#backend/pool.ts';
import { GlideinError } from '#base/error.ts';
import type { PoolDemand } from '#fleet/pool-demand.ts';
import type { Pod } from '#kube/resource.ts';
import { createLogger } from '#telemetry/logger.ts';
import { ManualClock } from '#testing/manual-clock.ts';
import { knownFor, pilotSupply, unknownDemand } from '#testing/pool-answers.ts';
import { PilotHistory } from '../pilots/history.ts';
import { observe } from '../pilots/observe.ts';
import { drainPilots, drainsOf } from './drain.ts';

const spec = glideinGroupSpec.parse({
  poolRef: { name: 'p' },
  replicas: 1,
  pilot: { cpus: 1, memory: '1Gi' },
});

const pod = (uid: string, digest = 'new'): Pod =>
  ({
    metadata: { name: uid, uid, annotations: { 'glidein.dev/digest': digest } },
    status: { phase: 'Running', containerStatuses: [{ name: 'pilot', state: { running: {} } }] },
  }) as unknown as Pod;

/** What is asked of which pool, for pods of the group and the pools that they were made for. */
function leavers(
  pods: ReadonlyMap<Pod, string>,
  pools: Readonly<Record<string, PoolDemand>>,
  release: readonly string[] = [],
) {
  const demandOf = (pool: string) => pools[pool] ?? unknownDemand;
  const pilots = observe([...pods.keys()], {
    poolName: 'ns/p',
    poolOf: (each) => pods.get(each),
    demandOf,
    history: new PilotHistory(),
    clock: new ManualClock(),
  });
  const planned = { pilots, plan: { release }, digest: 'new' };
  const found = drainsOf({ spec, demand: demandOf('ns/p'), poolName: 'ns/p' }, planned);
  return {
    pilots,
    asked: found.filter(({ uids }) => uids.length > 0).map(({ pool, uids }) => [pool, uids]),
  };
}

it('pilots made for a group’s former pool finish their jobs there, are asked to leave there, and miss no deadline', () => {
  const old = knownFor(
    60,
    pilotSupply('busy', 'g', 'Busy'),
    pilotSupply('idle', 'g', 'Idle'),
    pilotSupply('leaving', 'g', 'Draining'),
  );
  const pods = new Map(['busy', 'idle', 'leaving'].map((uid) => [pod(uid), 'ns/old']));
  const { asked, pilots } = leavers(pods, { 'ns/p': knownFor(60), 'ns/old': old });
  expect(asked).toEqual([['ns/old', ['busy', 'idle']]]);
  // To the new pool they are unknown, which is no reason to take them for pilots that never registered.
  expect(pilots.map(({ phase }) => phase)).toEqual(['Draining', 'Draining', 'Draining']);
});

it('no pilot is asked to leave because of an answer that is too old', () => {
  const pods = new Map([[pod('idle', 'old'), 'ns/p']]);
  expect(leavers(pods, {}, ['idle']).asked).toEqual([]);
});

it('idle pilots of an older specification are asked to leave, busy ones are not', () => {
  const pods = new Map([pod('idle', 'old'), pod('busy', 'old'), pod('fresh')].map((each) => [each, 'ns/p']));
  const demand = knownFor(
    1,
    pilotSupply('idle', 'g', 'Idle'),
    pilotSupply('busy', 'g', 'Busy'),
    pilotSupply('fresh', 'g', 'Idle'),
  );
  expect(leavers(pods, { 'ns/p': demand }).asked).toEqual([['ns/p', ['idle']]]);
});

function askedOf(codeFor: (uid: string) => 'Forbidden' | 'Unavailable' | undefined) {
  const asked: string[] = [];
  const drain = async (uid: string): Promise<void> => {
    asked.push(uid);
    const code = codeFor(uid);
    if (code !== undefined) throw new GlideinError(code, 'no');
  };
  const services = {
    informers: { pools: { store: { named: () => ({}) } } },
    openPool: async () => ({ drain }) as unknown as Pool,
    logger: createLogger('test', { level: 'silent' }),
  } as unknown as Parameters<typeof drainPilots>[1];
  const drainAll = () => drainPilots(wish, services, new AbortController().signal);
  return { asked, drainAll };
}

const witness = knownFor(1);
if (!witness.known) throw new Error('the pool has just answered');
const wish = { pool: 'ns/p', witness, uids: ['a', 'b', 'c'], reason: 'no waiting job needs this pilot' };

it('a pilot that the pool does not drain keeps no other pilot from leaving', async () => {
  const { asked, drainAll } = askedOf((uid) => (uid === 'a' ? 'Forbidden' : undefined));
  await drainAll();
  expect(asked).toEqual(['a', 'b', 'c']);
});

it('a pool that is unreachable is asked to drain one pilot, not each of a thousand', async () => {
  const { asked, drainAll } = askedOf(() => 'Unavailable');
  await drainAll();
  expect(asked).toEqual(['a']);
});
