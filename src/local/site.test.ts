import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { glideinGroupSpec } from '#api/glidein-group.ts';
import { pressurePolicySpec } from '#api/pressure-policy.ts';
import { systemClock } from '#base/clock.ts';
import { createLogger } from '#telemetry/logger.ts';
import { eventually } from '#testing/eventually.ts';
import { jobsOf, pilotOf } from '#testing/pressure-world.ts';
import { ScriptedPool } from '#testing/scripted-pool.ts';
import { PilotProcess } from './pilot-process.ts';
import { Site } from './site.ts';
import type { LocalGroup } from './site-definition.ts';

vi.setConfig({ testTimeout: 30_000 });

let root: string;
let pool: ScriptedPool;
let stop: () => Promise<void>;
let started: PilotProcess[];
let reasons: string[];
/** The groups for which pilots were made, as they were then. */
let ordered: LocalGroup[];

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'glidein-site-'));
  pool = new ScriptedPool({ site: 'local' });
  started = [];
  reasons = [];
  ordered = [];
});
afterEach(async () => {
  await stop();
  await rm(root, { recursive: true, maxRetries: 3 });
});

function groupSpec(more: Record<string, unknown> = {}): LocalGroup['spec'] {
  return glideinGroupSpec.parse({
    poolRef: { name: 'p' },
    pressurePolicyRef: { name: 'policy' },
    pilot: { cpus: 1, memory: '1Gi', disk: '1Gi' },
    ...more,
  });
}

/** A site of one group whose pilots are a shell script. */
function siteWith(
  script: string,
  spec: Record<string, unknown> = {},
  fails = false,
  machine = { cpus: 64, memory: 2 ** 40 },
): Site {
  const policy = { name: 'policy', spec: pressurePolicySpec.parse({ interval: '7s', removal: { wait: 1 } }) };
  const local: LocalGroup = {
    name: 'g',
    spec: groupSpec(spec),
    policy: spec['replicas'] === undefined ? policy : undefined,
  };
  const site = new Site({
    groups: [local],
    pool,
    machine,
    clock: systemClock,
    random: Math.random,
    logger: createLogger('test', { level: 'silent' }),
    onPlan: ({ plan }) => reasons.push(plan.reason),
    makePilot: async (group, onEnd) => {
      ordered.push(group);
      if (fails && started.length === 0 && reasons.length < 2) throw new Error('no token today');
      const name = `g-${started.length}`;
      const directory = join(root, name);
      const pilot = new PilotProcess({
        command: ['/bin/sh', '-c', script, 'pilot'],
        order: {
          name,
          uid: `uid-${started.length}`,
          group: 'g',
          site: 'local',
          pool: { url: 'http://127.0.0.1:1', tokenFile: join(directory, 'token') },
          directory,
          cacheDirectory: root,
          spec: group.spec.pilot,
        },
        token: '',
        logFile: join(root, `${name}.log`),
        clock: systemClock,
        onEnd,
      });
      started.push(pilot);
      return pilot;
    },
  });
  const stopping = new AbortController();
  const running = site.run(stopping.signal);
  stop = async () => {
    stopping.abort();
    await running;
    for (const pilot of site.pilots) pilot.kill();
    await Promise.all(started.map((pilot) => pilot.ended));
    await site.settled();
  };
  return site;
}

const stays = 'while :; do sleep 0.1; done';
const oneJob = [jobsOf(1, { cpus: 1 })];

it('a site starts pilots for jobs that wait, announces them, and learns when they have registered', async () => {
  const site = siteWith(stays);
  pool.say({ autoclusters: oneJob });
  await eventually(() => expect(started).toHaveLength(1));
  await eventually(() =>
    expect(pool.announcements.flatMap(({ pilots }) => pilots)).toMatchObject([
      { uid: 'uid-0', registered: false },
    ]),
  );
  pool.say({
    autoclusters: [],
    pilots: [
      { ...pilotOf('uid-0', 'g', 'Busy', { cpus: 0 }), group: 'g', site: 'local', disconnectedSeconds: 0 },
    ],
  });
  await eventually(() => expect(pool.bids.at(-1)?.groups[0]?.phases).toEqual({ Busy: 1 }));
  expect(site.pilots).toHaveLength(1);
});

it('a pilot that starts for waiting jobs is told to prepare their images', async () => {
  const runtime = { images: { remote: { registries: ['docker.io'] } } };
  const site = siteWith(stays, { pilot: { cpus: 1, memory: '1Gi', disk: '1Gi', runtime } });
  const texts = { ContainerImage: '"docker://debian:12"' };
  pool.say({ autoclusters: [jobsOf(1, { cpus: 1 }, { texts })] });
  await eventually(() => expect(site.pilots).toHaveLength(1));
  expect(ordered.at(-1)?.spec.pilot.runtime.images.prepare).toEqual(['docker://debian:12']);
  expect(pool.bids.at(-1)?.reads).toContain('containerimage');
});

it('a pool that cannot tell yet leaves registered pilots as it last knew them', async () => {
  siteWith(stays);
  pool.say({ autoclusters: oneJob });
  await eventually(() => expect(started).toHaveLength(1));
  const busy = {
    ...pilotOf('uid-0', 'g', 'Busy', { cpus: 0 }),
    group: 'g',
    site: 'local',
    disconnectedSeconds: 0,
  };
  pool.say({ autoclusters: [], pilots: [busy] });
  await eventually(() => expect(pool.bids.at(-1)?.groups[0]?.phases).toEqual({ Busy: 1 }));
  const before = pool.bids.length;
  pool.say({ known: false, reason: 'it has just started', pilots: [] });
  await eventually(() => expect(reasons.at(-1)).toContain('it has just started'));
  await eventually(() => expect(pool.bids.length).toBeGreaterThan(before));
  expect(pool.bids.at(-1)?.groups[0]?.phases).toEqual({ Busy: 1 });
});

it('a site asks its pool at most three times while nothing changes', async () => {
  siteWith(stays);
  await new Promise((done) => setTimeout(done, 500));
  // The announcement of its pilots is a change as well.
  expect(pool.bids.length).toBeLessThanOrEqual(3);
});

it('a site asks its pool for news as often as the interval of the policy says', async () => {
  siteWith(stays);
  await eventually(() => expect(pool.bids[0]).toMatchObject({ waitSeconds: 7 }));
});

it('a site keeps as many pilots as replicas says, although no job waits', async () => {
  siteWith(stays, { replicas: 2, pressurePolicyRef: undefined });
  await eventually(() => expect(started).toHaveLength(2));
});

it('a site whose pilots end at once tells its pool of each, starts others at once, and stops at the breaker', async () => {
  siteWith('echo broken node >&2; exit 9', { breaker: { failures: 3 } });
  pool.say({ autoclusters: oneJob });
  await eventually(() => expect(reasons.at(-1)).toContain('3 pilots in a row failed to start'));
  expect(started).toHaveLength(3);
  await eventually(() => expect(pool.gones.toSorted()).toEqual(['uid-0', 'uid-1', 'uid-2']));
  expect(started[0]?.runtime).toMatchObject({ failed: true, reason: 'exit code 9: broken node' });
});

it('a site whose pool is away starts nothing and counts no failure, and goes on when the pool is back', async () => {
  siteWith('sleep 2; exit 1', { breaker: { failures: 1 } });
  pool.say({ autoclusters: oneJob });
  await eventually(() => expect(started).toHaveLength(1));
  pool.away = true;
  pool.say({});
  await eventually(() => expect(reasons.at(-1)).toContain('Demand is unknown'));
  await started[0]?.ended;
  expect(started).toHaveLength(1);
  pool.away = false;
  await eventually(() => expect(started.length).toBeGreaterThan(1));
});

it('a machine of two cores runs twelve one-core jobs two at a time, and its site says why', async () => {
  const site = siteWith('sleep 0.3', { limits: { maxPilots: 20, maxPending: 20 } }, false, {
    cpus: 2,
    memory: 2 ** 40,
  });
  let most = 0;
  const watch = setInterval(() => {
    most = Math.max(most, site.pilots.length);
    pool.say({});
  }, 10);
  pool.say({ autoclusters: [jobsOf(12, { cpus: 1 })] });
  await eventually(() => expect(started.length).toBeGreaterThanOrEqual(6));
  clearInterval(watch);
  expect(most).toBe(2);
  expect(pool.bids.flatMap(({ groups }) => groups.map(({ blocked }) => blocked))).toContain(
    'this machine has 2 cores and 1Ti of memory for pilots, and other pilots use them',
  );
  expect(reasons.join()).toContain('limited by this machine: 2 cores and 1Ti of memory');
});

it('a site tells users what makes pilots of a group fail', async () => {
  siteWith('echo no runtime >&2; exit 9', { breaker: { failures: 1 } });
  pool.say({ autoclusters: oneJob });
  await eventually(() => {
    pool.say({});
    expect(pool.bids.at(-1)?.groups[0]?.blocked).toBe(
      'its pilots fail to start, the last one: exit code 9: no runtime',
    );
  });
});

it('a site reports as dead the missing pilots that it does not run, and none that it runs', async () => {
  siteWith(stays);
  pool.say({ autoclusters: oneJob });
  await eventually(() => expect(started).toHaveLength(1));
  pool.say({ missing: ['uid-0', 'from-before'] });
  await eventually(() => expect(pool.gones).toContain('from-before'));
  expect(pool.gones).not.toContain('uid-0');
});

it('a site asks idle pilots that nobody needs to leave, and none of another site', async () => {
  siteWith(stays);
  pool.say({
    pilots: [
      { ...pilotOf('mine', 'g', 'Idle', { cpus: 1 }), group: 'g', site: 'local', disconnectedSeconds: 0 },
      {
        ...pilotOf('theirs', 'g', 'Idle', { cpus: 1 }),
        group: 'g',
        site: 'elsewhere',
        disconnectedSeconds: 0,
      },
    ],
  });
  await eventually(() => expect(pool.drained).toContain('mine'));
  expect(pool.drained).not.toContain('theirs');
});

it('a site starts another pilot for jobs that a pilot without a connection cannot take, and ends neither', async () => {
  const site = siteWith(stays);
  const away = { group: 'g', site: 'local', connected: false, disconnectedSeconds: 40 };
  const back = { ...away, connected: true, disconnectedSeconds: 0 };
  const first = pilotOf('uid-0', 'g', 'Idle', { cpus: 1 });
  pool.say({ autoclusters: oneJob });
  await eventually(() => expect(started).toHaveLength(1));
  pool.say({ pilots: [{ ...first, ...back }] });
  await eventually(() => expect(pool.bids.at(-1)?.groups[0]?.phases).toMatchObject({ Idle: 1 }));
  expect(started).toHaveLength(1);
  pool.say({ pilots: [{ ...first, ...away }] });
  await eventually(() => expect(started).toHaveLength(2));
  expect([site.pilots.length, pool.drained, pool.gones]).toEqual([2, [], []]);
});

it('a site goes on after a round that failed', async () => {
  siteWith(stays, {}, true);
  pool.say({ autoclusters: oneJob });
  await eventually(() => expect(started).toHaveLength(1));
});

it('a site kills a pilot that is past its deadline', async () => {
  siteWith('trap "" TERM; while :; do sleep 0.1; done', {
    deadlines: { unregistered: '200ms' },
    breaker: { failures: 1 },
  });
  pool.say({ autoclusters: oneJob });
  await eventually(() => expect(started).toHaveLength(1));
  const nudge = setInterval(() => pool.say({}), 50);
  await started[0]?.ended;
  clearInterval(nudge);
  expect(started[0]?.runtime).toMatchObject({ failed: true, reason: 'SIGKILL' });
});
