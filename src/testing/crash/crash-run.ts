import { setTimeout as pause } from 'node:timers/promises';
import type { PoolClient } from '#client/pool-client.ts';
import { jobsAnswer } from '#wire/jobs.ts';
import { randomOf } from '../random-of.ts';
import { countByStatus, faultsOf } from './check.ts';
import { type CrashReport, figuresOf } from './crash-report.ts';
import { Diary } from './diary.ts';
import { KilledPool } from './killed-pool.ts';
import { readState } from './read-state.ts';
import { Submitter } from './submitter.ts';
import { TroubledPilots } from './troubled-pilots.ts';

export interface CrashOptions {
  /** Repeats a run, as far as the timing of the machine allows. */
  readonly seed: number;
  readonly submitters: number;
  readonly pilots: number;
  /** The fewest jobs that are acknowledged before the end. */
  readonly jobs: number;
  /** The most procs of a submission. */
  readonly largestSubmission: number;
  readonly kills: number;
  /** How often the disk fills up. More than 0 needs root. */
  readonly fulls: number;
  readonly leaseSeconds: number;
  /** Once after this many kills, the pool lives for longer than the lease, so that leases of silent pilots expire. Never if absent. */
  readonly restEvery?: number;
  /** Milliseconds between troubles of pilots. */
  readonly troubleEvery: number;
  readonly log: (line: string) => void;
  /** Aborted if somebody ends the run early; it then fails, and leaves nothing behind. */
  readonly signal?: AbortSignal;
}

/** The longest time between kills in milliseconds, unless the pool rests. */
const longestLife = 2500;

/** The size of the disk in megabytes, if it is to be filled up. */
const megabytes = 512;

/** Jobs that are held and released while the disk fills up. */
const churnSize = 100;

/** Milliseconds in which everything must have ended once nothing is submitted or killed any more. */
const patience = 240_000;

/**
 * Submitters and pilots work with a pool that is killed again and again and whose disk fills up, and the checker's own record is
 * compared with what the pool shows at the end.
 */
export async function crashRun(options: CrashOptions): Promise<CrashReport> {
  const began = performance.now();
  const { leaseSeconds, fulls } = options;
  const random = randomOf(options.seed);
  const pool = await KilledPool.start({
    random,
    leaseSeconds,
    megabytes: fulls > 0 ? megabytes : undefined,
  });
  const run = new CrashRun(options, pool, random);
  try {
    const report = await Promise.race([run.run(), interrupted(options.signal)]);
    return { ...report, seconds: Math.round((performance.now() - began) / 1000) };
  } finally {
    await run.end();
    await pool.destroy();
  }
}

const interrupted = (signal: AbortSignal | undefined): Promise<never> =>
  new Promise((_, reject) => {
    signal?.addEventListener('abort', () => reject(new Error('the run was ended early')), { once: true });
  });

class CrashRun {
  readonly #options: CrashOptions;
  readonly #pool: KilledPool;
  readonly #random: () => number;
  readonly #diary = new Diary();
  /** Aborted when nothing more is to be submitted. */
  readonly #enough = new AbortController();
  readonly #over = new AbortController();
  readonly #submitters: readonly Submitter[];
  /** Makes the database grow when the disk is to be full. */
  readonly #filler: Submitter;
  readonly #pilots: TroubledPilots;

  constructor(options: CrashOptions, pool: KilledPool, random: () => number) {
    const { seed, submitters, pilots: count, leaseSeconds, restEvery, troubleEvery: every } = options;
    this.#options = options;
    this.#pool = pool;
    this.#random = random;
    this.#submitters = Array.from({ length: submitters }, (_, index) => this.#submitter(index));
    this.#filler = this.#submitter(submitters);
    const unproven = restEvery !== undefined;
    const diary = this.#diary;
    this.#pilots = new TroubledPilots({
      seed: seed + 10_000,
      pool,
      diary,
      count,
      leaseSeconds,
      unproven,
      every,
    });
  }

  async run(): Promise<Omit<CrashReport, 'seconds'>> {
    const all = [...this.#submitters, this.#filler];
    const following = all.map((each) => each.follow(this.#over.signal));
    const submitting = this.#submitters.map((each) => each.run(this.#enough.signal));
    const trouble = this.#pilots.trouble(this.#enough.signal);
    await this.#killAgainAndAgain();
    while (this.#diary.acknowledged < this.#options.jobs) await pause(50);
    this.#enough.abort();
    await Promise.all([...submitting, trouble]);
    this.#options.log('everything is submitted');
    const admin = this.#pool.client('admin', 'root');
    await this.#quiet(admin);
    this.#over.abort();
    await Promise.all(following);
    await this.#pool.kill();
    const state = await readState(admin, all, this.#diary.files);
    const { kills, fulls } = this.#pool;
    const { deaths, leaves, partitions } = this.#pilots;
    const faults = faultsOf(this.#diary, state);
    return {
      ...figuresOf(this.#diary),
      kills,
      fulls,
      deaths,
      leaves,
      partitions,
      faults,
      jobs: countByStatus(state),
    };
  }

  async end(): Promise<void> {
    this.#enough.abort();
    this.#over.abort();
    await this.#pilots.end();
  }

  async #killAgainAndAgain(): Promise<void> {
    const { kills, fulls, restEvery, leaseSeconds, log } = this.#options;
    const pool = this.#pool;
    while (pool.kills < kills) {
      const rests = restEvery !== undefined && pool.kills % restEvery === restEvery - 1;
      await pause(rests ? (leaseSeconds + 4) * 1000 : this.#random() * longestLife);
      if (pool.fulls < fulls && pool.kills >= ((pool.fulls + 1) * kills) / (fulls + 1)) await this.#fillUp();
      await pool.kill();
      log(
        `kill ${pool.kills}: ${this.#diary.acknowledged} jobs acknowledged, ${this.#diary.executions.length} executions`,
      );
    }
  }

  async #fillUp(): Promise<void> {
    const enough = new AbortController();
    const { over } = await this.#filler.churn(churnSize, enough.signal);
    await this.#pool.fillUp();
    enough.abort();
    await over;
    this.#options.log('the disk was full');
  }

  /** Waits until nothing waits or runs, and no pilot has anything to say. */
  async #quiet(admin: PoolClient): Promise<void> {
    const query = { limit: 1, constraint: 'JobStatus == 1 || JobStatus == 2' };
    for (const end = performance.now() + patience; performance.now() < end; await pause(200)) {
      const { jobs } = await admin.json('/v1/jobs', jobsAnswer, { query });
      if (jobs.length === 0 && this.#pilots.areIdle) return;
    }
    // The checker names what has not ended.
    this.#options.log('not everything has ended');
  }

  #submitter(index: number): Submitter {
    const { kills, jobs, seed, largestSubmission: largest } = this.#options;
    const owner = `user${index}`;
    return new Submitter({
      owner,
      client: this.#pool.client('submitter', owner),
      diary: this.#diary,
      random: randomOf(seed + 100 + index),
      largest,
      isDue: () => this.#diary.acknowledged < (jobs * (this.#pool.kills + 1)) / kills,
    });
  }
}
