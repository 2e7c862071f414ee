import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { accounting } from '#spec/accounting.ts';
import type { ConcurrencyLimit } from '#spec/concurrency-limits.ts';
import { slotTexts, submitOf } from '#testing/ads.ts';
import { ScriptedPilot } from '#testing/scripted-pilot.ts';
import { TestPool } from '#testing/test-pool.ts';
import { demandAnswer } from '#wire/bid.ts';
import { jobActionAnswer, submitAnswer } from '#wire/jobs.ts';
import type { Start } from '#wire/pool-messages.ts';
import { type WhyKind, whyAnswer } from '#wire/why.ts';

let pool: TestPool;
let pilots: ScriptedPilot[] = [];
let jobs: string[] = [];

beforeAll(async () => {
  pool = await TestPool.start({ leaseSeconds: 600 });
});
afterEach(async () => {
  await pool.client('admin').json('/v1/jobs/actions', jobActionAnswer, {
    method: 'POST',
    json: { action: 'remove', jobs, reason: 'the case is over' },
  });
  for (const pilot of pilots) await pool.core.pilots.lose(pilot.uid, 'the case is over');
  [pilots, jobs] = [[], []];
});
afterAll(() => pool.destroy());

const alice = () => pool.client('submitter', 'alice');
const bob = () => pool.client('submitter', 'bob');

type Texts = Readonly<Record<string, string>>;

const submit = async (ad: Texts, procs = 1, client = alice()): Promise<string> => {
  const { cluster } = await client.json('/v1/jobs', submitAnswer, {
    method: 'POST',
    json: submitOf(procs, ad),
  });
  jobs.push(String(cluster));
  return String(cluster);
};

const why = (job: string) => alice().json(`/v1/jobs/${job}/why`, whyAnswer);

/** The first job that the first pilot was told to start. */
async function started(): Promise<Start> {
  const [pilot] = pilots;
  if (pilot === undefined) throw new Error('the case has no slot');
  return pilot.next('start');
}

let uids = 0;

async function register(slot: Texts, hello: object): Promise<ScriptedPilot> {
  uids += 1;
  const uid = `u${uids}`;
  const token = await pool.token('pilot', uid);
  const pilot = await ScriptedPilot.start({ url: pool.url, token, uid, slot, hello });
  pilots.push(pilot);
  return pilot;
}

const bid = (groups: readonly object[]) =>
  pool.client('operator').json('/v1/bidders/here', demandAnswer, {
    method: 'POST',
    json: { groups: groups.map((group) => ({ ...aGroup, ...group })), pilots: [], waitSeconds: 0 },
  });

const aGroup = {
  name: 'cms',
  template: slotTexts(),
  wanted: 1,
  decision: '1 job waits: 1 more pilot',
  limits: [],
  phases: {},
};

const group = (template: Texts, more: object = {}) => ({ template: slotTexts(template), ...more });

interface Mistake {
  readonly slots?: readonly Texts[];
  readonly hello?: object;
  readonly groups?: readonly object[];
  /** Cores of the accounting group `atlas`. */
  readonly quota?: number;
  readonly limits?: readonly ConcurrencyLimit[];
  readonly job?: Texts;
  /** Of the cluster; the question is about the last one. */
  readonly procs?: number;
  /** Done before the submission. */
  readonly before?: () => Promise<unknown>;
  /** Done between the submission and the question. */
  readonly after?: (job: string) => Promise<unknown>;
  readonly kind: WhyKind;
  readonly says: RegExp;
}

const small = { Cpus: '4', Memory: '4096' };
const two = [small, small];

const mistakes: Readonly<Record<string, Mistake>> = {
  'too much memory': {
    slots: two,
    job: { RequestMemory: '8000' },
    kind: 'memory',
    says: /^It asks for 8000 MiB of memory, but no slot has more than 4096 MiB: with request_memory = 4096, 2 slots would fit\.$/,
  },
  'too many cores, in the slots and in the group': {
    slots: two,
    groups: [group({ Cpus: '16' })],
    job: { RequestCpus: '64' },
    kind: 'cpus',
    says: /^It asks for 64 cores, but no slot has more than 4 cores, and no pilot of a group would have more than 16 cores: with request_cpus = 16, new pilots of 1 group would fit/,
  },
  'a GPU where there is none': {
    slots: two,
    job: { RequestGPUs: '1' },
    kind: 'gpus',
    says: /^It asks for 1 GPU, but no slot has a GPU: .* ask the operator for pilots with GPUs\.$/,
  },
  'too much disk': {
    slots: two,
    job: { RequestDisk: '10000000' },
    kind: 'disk',
    says: /^It asks for 10000000 KiB of disk, .* with request_disk = 1048576, 2 slots would fit/,
  },
  'an image that is not there': {
    slots: [{}],
    after: async (job) => {
      const start = await started();
      const reason = 'the pilot has no image "rootx"; it looked in /images/rootx';
      pilots[0]?.finished(start, { kind: 'startFailed', blame: 'job', reason, holdCode: 35 });
      await expect.poll(async () => (await why(job)).state).toBe('Held');
    },
    kind: 'held',
    says: /^It has been held for .* \(code 35\): the pilot has no image "rootx".*; submit it again with another container_image, or ask the operator .* glidein release \d+\.0\.$/,
  },
  'a program that is not in the image': {
    slots: [{}],
    after: async (job) => {
      pilots[0]?.finished(await started(), { kind: 'exited', exitCode: 127 });
      await expect.poll(async () => (await why(job)).state).toBe('Completed');
    },
    kind: 'completed',
    says: /^It completed .* ago with exit code 127: `glidein logs \d+\.0` and `glidein logs --err \d+\.0` show what it printed\.$/,
  },
  'a typing error in the name of an attribute': {
    slots: two,
    job: { Requirements: 'TARGET.Memroy >= 1000' },
    kind: 'undefinedAttribute',
    says: /^Its Requirements need TARGET.Memroy >= 1000, and no slot defines Memroy: did you mean Memory\?$/,
  },
  'a clause that reads what nobody defines': {
    slots: two,
    job: { Requirements: '(TARGET.HasCvmfsLhcb) && true' },
    kind: 'undefinedAttribute',
    says: /^Its Requirements need TARGET.HasCvmfsLhcb, and no slot defines HasCvmfsLhcb: submit it again without/,
  },
  'a clause that is never true': {
    slots: two,
    job: { Requirements: 'TARGET.Cpus > 0 && RequestMemory > 1000' },
    kind: 'alwaysFalse',
    says: /^Its Requirements contain RequestMemory > 1000, which is never true: submit it again without/,
  },
  'two clauses that contradict each other': {
    slots: two,
    job: { Requirements: 'TARGET.Memory >= 8000 && TARGET.Cpus > 1 && TARGET.Memory < 4000' },
    kind: 'contradiction',
    says: /^Its Requirements contradict themselves: no slot can satisfy both TARGET.Memory >= 8000 and TARGET.Memory < 4000/,
  },
  'another operating system': {
    slots: [{ OpSys: '"LINUX"' }, { OpSys: '"LINUX"' }],
    job: { Requirements: 'TARGET.OpSys == "WINDOWS"' },
    kind: 'jobRequirements',
    says: /^Its Requirements need TARGET.OpSys == "WINDOWS", and OpSys is "LINUX" everywhere: with TARGET.OpSys == "LINUX" in its requirements, 2 slots would fit/,
  },
  'another processor': {
    groups: [group({ Arch: '"aarch64"' })],
    job: { Requirements: '(TARGET.Arch == "X86_64") && (TARGET.Memory >= RequestMemory)' },
    kind: 'jobRequirements',
    says: /^Its Requirements need TARGET.Arch == "X86_64", and Arch is "aarch64" everywhere: .* new pilots of 1 group would fit/,
  },
  'an attribute that the slots want of jobs': {
    slots: [{ Start: 'TARGET.Experiment == "cms"' }],
    job: { Experiment: '"atlas"' },
    kind: 'slotRequirements',
    says: /^The slots take only jobs with TARGET.Experiment == "cms" \(their START\), and Experiment of this job is "atlas": with \+Experiment = "cms", 1 slot/,
  },
  'the same, but the job does not define it': {
    slots: [{ Start: 'TARGET.Experiment == "cms"' }],
    job: { Expriment: '"cms"' },
    kind: 'slotRequirements',
    says: /and this job does not define Experiment \(it defines Expriment\): with \+Experiment = "cms"/,
  },
  'the concurrency limit is reached': {
    slots: [{}],
    job: { ConcurrencyLimits: '"licence:2"' },
    limits: [{ name: 'licence', limit: 1 }],
    kind: 'concurrencyLimit',
    says: /^The limit of licence is 1 in this pool and the job takes 2, so it cannot run/,
  },
  'the job runs longer than pilots live': {
    after: async (job) => {
      for (const times of ['once', 'twice', 'three times']) {
        const pilot = await register({}, {});
        const start = await pilot.begin(job);
        const registered = pool.core.collector.get(pilot.uid);
        if (registered !== undefined) registered.drainReason = 'end of life';
        const endOfLife = { lifeSeconds: 720, ranSeconds: 700 };
        await pilot.finish(start, { outcome: { kind: 'stopped', reason: 'the pilot leaves', endOfLife } });
        await pool.core.pilots.lose(pilot.uid, 'it reached the end of its life');
        if (times === 'once')
          expect((await why(job)).details).toEqual([
            expect.stringMatching(/\(12m\) after the job had run for 11m40s/),
          ]);
      }
    },
    kind: 'held',
    says: /^It has been held for .* \(code 47\): .*; divide the work among several jobs, or let the program save checkpoints\.$/,
  },
  'the job is held': {
    after: async (job) =>
      alice().json('/v1/jobs/actions', jobActionAnswer, {
        method: 'POST',
        json: { action: 'hold', jobs: [job], reason: 'wait for the data' },
      }),
    kind: 'held',
    says: /^It has been held for .* \(code 1\): wait for the data .*; glidein release \d+.0 lets it wait again/,
  },
  'nobody feeds the pool': {
    kind: 'noPilots',
    says: /^No pilot is registered and no group feeds this pool: start pilots with glidein up, or ask/,
  },
  'all groups are at their limits': {
    groups: [
      group({}, { limits: [{ name: 'limits.maxPilots', value: 40, count: 2 }] }),
      group({}, { name: 'atlas', limits: [{ name: 'limits.maxPilots', value: 7, count: 2 }] }),
    ],
    kind: 'groupLimit',
    says: /the group cms is at its maximum of 40 pilots and the group atlas is at its maximum of 7 pilots/,
  },
  'the group is suspended': {
    groups: [group({}, { limits: [{ name: 'suspend', value: 0, count: 1 }] })],
    kind: 'groupSuspended',
    says: /the group cms is suspended: ask its operator/,
  },
  'the breaker of the group is open': {
    groups: [group({}, { limits: [{ name: 'breaker', value: 0, count: 3 }] })],
    kind: 'groupBlocked',
    says: /the group cms gets no pilots: too many of them failed to start/,
  },
  'the quota of Kubernetes is used up': {
    groups: [
      group({}, { blocked: 'The API server refuses pods: exceeded quota: rq; raise the ResourceQuota rq' }),
    ],
    kind: 'groupBlocked',
    says: /the group cms gets no pilots: The API server refuses pods: exceeded quota: rq; raise the ResourceQuota rq/,
  },
  'the specification of the only group is invalid': {
    groups: [{ template: {}, blocked: 'The specification is invalid: spec.pilot.cpus is missing' }],
    kind: 'groupBlocked',
    says: /^No pilot is registered, and the group cms gets none: The specification is invalid: spec.pilot.cpus is missing: tell/,
  },
  'pilots of the group came with less than it declares': {
    slots: [small, small, small],
    hello: { group: 'cms' },
    groups: [group({ Memory: '64000' })],
    job: { RequestMemory: '32000' },
    kind: 'groupMismatch',
    says: /^None of 3 registered slots fits it, and pilots of the group cms came and offer something else than it declares: it asks for 32000 MiB of memory/,
  },
  'the policy of the group leaves the job out': {
    groups: [group({}, { jobs: 'Owner == "bob"' })],
    kind: 'policyLeavesOut',
    says: /the policy of the group cms counts only jobs with Owner == "bob", and this is none/,
  },
  'all pilots drain': {
    slots: two,
    hello: { draining: true },
    kind: 'draining',
    says: /^Both pilots that could run it accept no more jobs \(the pilot is draining\), and no group feeds this pool/,
  },
  'all pilots are out of contact': {
    slots: [{ Start: 'TARGET.Late' }],
    job: { Late: 'true' },
    before: async () => {
      for (const pilot of pilots) pilot.cut();
      await expect
        .poll(() => [...pool.core.collector.all()].some(({ connection }) => connection))
        .toBe(false);
    },
    kind: 'away',
    says: /^The one pilot that could run it is not connected now, and no group feeds this pool: it waits until that changes/,
  },
  'an expression that takes too long': {
    groups: [group({})],
    job: {
      ...Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`A${n + 1}`, `A${n} + A${n}`])),
      A0: 'TARGET.Cpus',
      Requirements: 'A20 > 0',
    },
    kind: 'tooSlow',
    says: /^Its requirements or its requests take too long to evaluate: submit it again with expressions that read/,
  },
  'a pilot starts': {
    groups: [group({}, { phases: { Pulling: 2, Validating: 1 }, startingSeconds: 95 })],
    kind: 'pilotStarting',
    says: /it waits for 3 pilots of the group cms to start \(2 Pulling, 1 Validating, the first for 1m35s\)/,
  },
  'other jobs use the slots': {
    slots: [{ Cpus: '1' }],
    procs: 2,
    after: () => started(),
    kind: 'busy',
    says: /^The one slot that could run it is in use, and no group feeds this pool: it starts when other jobs there have ended\.$/,
  },
  'other jobs use the slots, and the group is at its limit': {
    slots: [{ Cpus: '1' }],
    groups: [group({}, { limits: [{ name: 'limits.maxPilots', value: 1, count: 1 }] })],
    procs: 2,
    after: () => started(),
    kind: 'groupLimit',
    says: /^The one slot that could run it is in use, and the group cms is at its maximum of 1 pilot: it starts when other jobs there have ended\.$/,
  },
  'the quota of the accounting group is used up': {
    slots: [{ Cpus: '1' }],
    job: { AcctGroup: '"atlas"' },
    quota: 1,
    procs: 2,
    after: () => started(),
    kind: 'quota',
    says: /^The accounting group atlas has used up its quota \(it uses 1 of 1 core\): it starts when other jobs of the group/,
  },
  'a clause is written with =?=': {
    slots: [{}],
    job: { Requirements: 'TARGET.Site =?= "CERN"' },
    kind: 'undefinedAttribute',
    says: /^Its Requirements need TARGET.Site =\?= "CERN", and no slot defines Site: submit it again without that clause/,
  },
  'the accounting group has no quota': {
    slots: [{ Cpus: '1' }],
    job: { AcctGroup: '"atlas"' },
    quota: 0,
    kind: 'quota',
    says: /^The accounting group atlas has a quota of 0 cores while the pool is as large as now: submit it to another group/,
  },
  'another user comes first, but has used up the quota of their group': {
    slots: [{ Cpus: '1' }],
    quota: 0,
    procs: 2,
    after: async () => {
      await started();
      await submit({ AcctGroup: '"atlas"' }, 1, bob());
    },
    kind: 'busy',
    says: /^The one slot that could run it is in use, and no group feeds this pool: it starts when other jobs there have ended\.$/,
  },
  'others come first in the fair share': {
    slots: [{ Cpus: '1' }],
    procs: 2,
    after: async () => {
      await started();
      await submit({}, 1, bob());
    },
    kind: 'fairShare',
    says: /^The one slot that could run it is in use, and bob comes before alice in the fair share: it gets its turn/,
  },
  'a job of the same user has a higher priority': {
    slots: [{ Cpus: '1' }],
    procs: 2,
    after: async () => {
      await started();
      await submit({ JobPrio: '10' });
    },
    kind: 'jobPriority',
    says: /^The one slot that could run it is in use, and 1 waiting job of alice has a higher priority: it comes after/,
  },
  'the job backs off after failures': {
    slots: [{}],
    job: { OnExitRemove: 'false' },
    after: async (job) => {
      const start = await started();
      await pilots[0]?.finish(start);
      await expect.poll(async () => (await why(job)).kind).toBe('backoff');
    },
    kind: 'backoff',
    says: /^It is backing off after 1 failed try in a row and will be retried in .*s; the last try failed because/,
  },
  'max_idle holds the job back': {
    job: { JobMaterializeMaxIdle: '1' },
    procs: 2,
    kind: 'maxIdle',
    says: /^Its cluster has max_idle = 1, so it is tried once fewer of the jobs before it are in the queue\.$/,
  },
};

it.each(Object.entries(mistakes))('the first line names the cause: %s', async (_name, mistake) => {
  await bid(mistake.groups ?? []);
  for (const slot of mistake.slots ?? []) await register(slot, mistake.hello ?? {});
  await mistake.before?.();
  pool.core.limits.set(mistake.limits ?? []);
  const groups = mistake.quota === undefined ? [] : [{ name: 'atlas', cores: mistake.quota, surplus: false }];
  pool.core.accountant.configure(accounting.parse({ groups }), pool.core.clock.monotonic());
  const { procs = 1 } = mistake;
  const job = `${await submit(mistake.job ?? {}, procs)}.${procs - 1}`;
  await mistake.after?.(job);
  const { kind, summary } = await why(job);
  expect(summary).toMatch(mistake.says);
  expect(kind).toBe(mistake.kind);
});
