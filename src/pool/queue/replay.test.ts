import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jobTexts } from '#testing/ads.ts';
import { ManualClock } from '#testing/manual-clock.ts';
import { freshToRow } from '../jobs/fresh-rows.ts';
import { isOver, isWaiting, type Job, jobName } from '../jobs/job.ts';
import { clusterBytes, jobBytes } from '../jobs/job-bytes.ts';
import { keyOf } from '../jobs/job-key.ts';
import { isFinal } from '../jobs/job-state.ts';
import { packProcs } from '../jobs/packed-procs.ts';
import { clusterToRow, jobToRow } from '../jobs/rows.ts';
import type { Transition } from '../jobs/transition.ts';
import { Store } from '../store/store.ts';
import { apply } from './apply.ts';
import { Ledger } from './ledger.ts';
import { Queue } from './queue.ts';

/** A step is a kind and a number that picks the job; what does not fit the job's state is passed over. */
const step = fc.record({
  kind: fc.constantFrom(
    'submit',
    'claim',
    'claims',
    'claims',
    'start',
    'end',
    'retry',
    'endHeld',
    'lost',
    'over',
    'late',
    'remove',
    'hold',
    'release',
    'prio',
    'restored',
    'fold',
  ),
  pick: fc.nat(1000),
});

type Step = { readonly kind: string; readonly pick: number };

const at = 1_700_000_000_000;
const result = (exitCode: number) => ({
  outcome: { kind: 'exited' as const, exitCode },
  startedAt: at,
  endedAt: at + 5,
  usage: { wallSeconds: 1 },
  folders: ['empty'],
  left: [{ name: 'pipe', reason: 'no file' }],
  outputs: [{ name: 'out', digest: `sha256:${'0'.repeat(64)}`, size: 3, executable: false }],
});

const needs: Readonly<Record<string, readonly Job['state'][]>> = {
  start: ['Running'],
  end: ['Running'],
  retry: ['Running'],
  endHeld: ['Running'],
  lost: ['Running'],
  remove: ['Idle', 'Running', 'Held'],
  hold: ['Idle', 'Running'],
  release: ['Held'],
  prio: ['Idle', 'Running', 'Held'],
};

/** What happens to single procs only. */
const needsProc: ReadonlySet<string> = new Set(['claim', 'start', 'end', 'lost', 'late']);

function fits(kind: string, job: Job): boolean {
  if (kind === 'late') return job.attempts.length > 0;
  if (kind === 'over') return job.claim !== undefined && job.state !== 'Running';
  if (kind === 'claim') return isWaiting(job);
  return needs[kind]?.includes(job.state) ?? false;
}

function transitionOf({ kind, pick }: Step, queue: Queue): Transition | undefined {
  if (kind === 'submit')
    return submit([...queue.clusters()].reduce((most, { id }) => Math.max(most, id), 0) + 1, pick);
  const together = [...queue.allFresh()].map(({ shared }) => shared).filter(() => !needsProc.has(kind));
  const jobs = [...queue.jobs(), ...together].filter((job) => fits(kind, job));
  const job = jobs[pick % Math.max(1, jobs.length)];
  return job === undefined ? undefined : about(job, kind, pick);
}

const submit = (cluster: number, pick: number): Transition => ({
  type: 'submit',
  at,
  cluster,
  key: `alice/${cluster}`,
  owner: 'alice',
  ad: jobTexts(),
  procs: packProcs(
    Array.from({ length: (pick % 3) + 1 }, (_, proc) => ({ attributes: { Args: `"${proc}"` }, inputs: [] })),
  ),
  ...(pick % 5 === 0 ? { hold: 'on hold' } : {}),
});

function about(job: Job, kind: string, pick: number): Transition | undefined {
  const base = { at: at + pick, job: keyOf(job) };
  const { epoch } = job;
  switch (kind) {
    case 'claim':
      return {
        type: 'claim',
        ...base,
        claim: { generation: 'g', id: `${jobName(job)}.${epoch + 1}`, epoch: epoch + 1 },
        pilot: { uid: `u${pick % 3}`, name: 'p', group: 'g', site: 's' },
        takes: { cpus: 1, memory: 128, disk: 1024, gpus: 0 },
      };
    case 'start':
      return { type: 'start', ...base, epoch };
    case 'end':
      return { type: 'end', ...base, epoch, result: result(0), next: { state: 'Completed' } };
    case 'retry':
      return { type: 'end', ...base, epoch, result: result(1), next: { state: 'Idle', reason: 'again' } };
    case 'endHeld':
      return {
        type: 'end',
        ...base,
        epoch,
        result: result(2),
        next: { state: 'Held', code: 3, reason: 'bad' },
      };
    case 'lost':
      return { type: 'lost', ...base, epoch, reason: 'gone' };
    case 'over':
      return { type: 'over', ...base, epoch, ...(pick % 2 === 0 ? {} : { result: result(143) }) };
    case 'late':
      return { type: 'late', ...base, epoch: (pick % epoch) + 1, outcome: { kind: 'exited', exitCode: 9 } };
    default:
      return byUser(base, kind);
  }
}

function byUser(base: Pick<Extract<Transition, { type: 'hold' }>, 'at' | 'job'>, kind: string) {
  if (kind === 'remove') return { type: kind, ...base, reason: 'rm' } as const;
  if (kind === 'hold') return { type: kind, ...base, code: 1, reason: 'hold' } as const;
  if (kind === 'prio') return { type: kind, ...base, priority: base.at % 7 } as const;
  if (kind === 'release') return { type: kind, ...base, reason: 'release' } as const;
  return undefined;
}

/** The order of a record's keys has no meaning. */
const parsed = <T extends { readonly record: string }>(row: T) => ({
  ...row,
  record: JSON.parse(row.record) as unknown,
});

/** Everything that a queue has yet to do, as rows. Jobs that are over leave it within a fold, sooner or later. */
const contents = (queue: Queue) => {
  const jobs = [...queue.jobs()].filter((job) => !isOver(job));
  return {
    clusters: [...new Set(jobs.map(({ cluster }) => cluster))]
      .map((cluster) => parsed(clusterToRow(cluster)))
      .sort((a, b) => a.cluster - b.cluster),
    jobs: jobs.map((job) => parsed(jobToRow(job))).sort((a, b) => a.cluster - b.cluster || a.proc - b.proc),
    claims: jobs.flatMap((job) => (job.claim === undefined ? [] : [job.claim.ref.id])).sort(),
  };
};

/** What its jobs and clusters take, counted anew. */
const bytesIn = (queue: Queue): number =>
  [...queue.clusters()].reduce((sum, cluster) => sum + clusterBytes(cluster), 0) +
  [...queue.ownJobs()].reduce((sum, job) => sum + jobBytes(job), 0) +
  [...queue.allFresh()].reduce((sum, { shared, bytes }) => sum + jobBytes(shared) + bytes, 0);

describe('memory and disk', () => {
  it('memory and disk hold the same jobs after a crash at any point', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 60 }), async (steps) => {
        const directory = await mkdtemp(join(tmpdir(), 'glidein-replay-'));
        try {
          await check(directory, [...jobsToClaim, ...steps]);
        } finally {
          await rm(directory, { recursive: true, force: true });
        }
      }),
      { numRuns: 40 },
    );
  }, 180_000);
});

describe('a journal of an older version, which has the procs themselves', () => {
  it('has given its cluster and all its jobs to the rows after one start and one fold', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'glidein-replay-'));
    const file = join(directory, 'pool.db');
    const procs = ['zero', 'one'].map((args) => ({ attributes: { Args: `"${args}"` }, inputs: [] }));
    const record = { ...submit(1, 1), procs };
    const older = new Store(file, 'FULL');
    await older.load();
    await older.append(JSON.stringify(record), { cluster: 1 }).durable;
    await older.close();
    for (let start = 0; start < 2; start += 1) {
      const [store, queue] = [new Store(file, 'FULL'), new Queue()];
      await store.load();
      const ledger = new Ledger({ queue, store, clock: new ManualClock(), onChange: () => {} });
      await ledger.replay(store.stored());
      const told = [...queue.jobs()].map(({ cluster, attributes }) => ({ ...cluster, ...attributes }));
      expect(told).toMatchObject(procs.map(({ attributes }) => ({ owner: 'alice', ...attributes })));
      expect(told.map(({ fault }) => fault)).toEqual([undefined, undefined]);
      await ledger.close();
      await store.close();
    }
    await rm(directory, { recursive: true, force: true });
  });
});

describe('a fold that a crash cut off before it came to the fresh procs', () => {
  it('lets no ended job come back when the history no longer has it', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'glidein-replay-'));
    const file = join(directory, 'pool.db');
    const [store, queue] = [new Store(file, 'FULL'), new Queue()];
    await store.load();
    const { fresh } = apply(queue, submit(1, 1));
    await store.fold({ clusters: fresh.map(({ cluster }) => clusterToRow(cluster)) });
    await store.fold({ fresh: fresh.map(freshToRow) });
    const { jobs } = apply(queue, { type: 'remove', at, job: { cluster: 1, proc: 0 }, reason: 'rm' });
    await store.fold({ jobs: jobs.map(jobToRow) });
    await store.close();
    for (let start = 0; start < 2; start += 1) {
      const [next, replayed] = [new Store(file, 'FULL'), new Queue()];
      await next.load();
      const ledger = new Ledger({
        queue: replayed,
        store: next,
        clock: new ManualClock(),
        onChange: () => {},
      });
      await ledger.replay(next.stored());
      expect([...replayed.jobs()].map(jobName)).toEqual(['1.1']);
      await ledger.close();
      await next.close();
      const db = new DatabaseSync(file);
      db.exec('DELETE FROM history');
      db.close();
    }
    await rm(directory, { recursive: true, force: true });
  });
});

/** Claims up to five waiting jobs in a row, as a pass of the negotiator does: they share a record of the journal. */
function claimSeveral(ledger: Ledger, queue: Queue, pick: number): void {
  for (let claim = 0; claim < 5; claim += 1) {
    const transition = transitionOf({ kind: 'claim', pick: pick + claim }, queue);
    if (transition !== undefined) void ledger.record(transition);
  }
}

/** Two clusters of several procs, so that there is something to claim. */
const jobsToClaim: readonly Step[] = [2, 11].map((pick) => ({ kind: 'submit', pick }));

async function check(directory: string, steps: readonly Step[]): Promise<void> {
  const living = join(directory, 'living');
  const copy = join(directory, 'copy');
  await mkdir(living);
  const store = new Store(join(living, 'pool.db'), 'FULL');
  await store.load();
  const queue = new Queue();
  const clock = new ManualClock();
  const ledger = new Ledger({ queue, store, clock, onChange: () => {} });
  await ledger.replay(store.stored());
  for (const one of steps) {
    if (one.kind === 'fold') {
      clock.advance(2000);
      // Half of the folds overlap with the transitions after them.
      if (one.pick % 2 === 0) await store.history(undefined, 1).then(() => nextTurn());
      continue;
    }
    if (one.kind === 'claims') {
      claimSeveral(ledger, queue, one.pick);
      continue;
    }
    const transition: Transition | undefined =
      one.kind === 'restored' ? { type: 'restored', at, seq: store.lastSeq + 1 } : transitionOf(one, queue);
    if (transition !== undefined) void ledger.record(transition);
  }
  await ledger.settled();
  await store.history(undefined, 1).then(() => nextTurn());
  // What a crash would leave: the files as they lie there now, the mark first, as it is never ahead of the database.
  await mkdir(copy);
  for (const name of ['pool.db.mark', 'pool.db', 'pool.db-wal'])
    await cp(join(living, name), join(copy, name));
  await store.close();
  const second = new Store(join(copy, 'pool.db'), 'FULL');
  const replayed = new Queue();
  const successor = new Ledger({
    queue: replayed,
    store: second,
    clock: new ManualClock(),
    onChange: () => {},
  });
  await second.load();
  await successor.replay(second.stored());
  expect(contents(replayed)).toEqual(contents(queue));
  checkIndexes(queue, replayed);
  await successor.close();
  // After the last fold nothing is left of the journal, and ended jobs are in the history.
  const last = await second.history(undefined, 1000);
  for (const job of queue.jobs()) {
    if (isOver(job))
      expect(last.rows.some((row) => `${row.cluster}.${row.proc}` === jobName(job))).toBe(true);
  }
  await second.close();
}

function checkIndexes(queue: Queue, replayed: Queue): void {
  expect(queue.bytes).toBe(bytesIn(queue));
  expect(replayed.bytes).toBe(bytesIn(replayed));
  for (const job of replayed.ownJobs()) {
    if (job.claim !== undefined) expect(replayed.claimed(job.claim.ref.id)).toBe(job);
    expect(replayed.ended.has(job)).toBe(isFinal(job.state));
  }
  const jobs = [...replayed.jobs()];
  for (const state of ['Idle', 'Running', 'Held', 'Completed', 'Removed'] as const)
    expect(replayed.countIn(state)).toBe(jobs.filter((job) => job.state === state).length);
}
