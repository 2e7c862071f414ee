import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { systemClock } from '#base/clock.ts';
import { Core } from '#pool/core.ts';
import { createLogger } from '#telemetry/logger.ts';
import { submissionOf } from '#testing/submitted.ts';
import { clusterOf, type MeasuredCluster } from './jobs.ts';
import { SinkPilots, takenOf } from './sink-pilots.ts';
import type { MeasuredSlot } from './slots.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Milliseconds without a pass after which the negotiator has nothing left to do. */
const quiet = 100;

/** Jobs that are given away, and made durable, at a time. */
const together = 10_000;

/** The pool's core on a disk, with pilots that swallow what it says. */
export class FullPool {
  readonly core: Core;
  readonly pilots: SinkPilots;
  readonly #directory: string;

  private constructor(core: Core, directory: string, slots: readonly MeasuredSlot[]) {
    this.core = core;
    this.#directory = directory;
    this.pilots = new SinkPilots(core, slots);
  }

  static async with<T>(slots: readonly MeasuredSlot[], work: (pool: FullPool) => Promise<T>): Promise<T> {
    const pool = await FullPool.#open(slots);
    try {
      return await work(pool);
    } finally {
      await pool.#destroy();
    }
  }

  static async #open(slots: readonly MeasuredSlot[]): Promise<FullPool> {
    const directory = await mkdtemp(join(tmpdir(), 'glidein-bench-negotiate-'));
    const core = await Core.open({
      settings: {
        directory,
        host: '127.0.0.1',
        port: 0,
        leaseSeconds: 7200,
        mostLostPilots: 5,
        // Policies are measured by the benchmark `periodic`.
        periodicSeconds: 7200,
        synchronous: 'FULL',
      },
      clock: systemClock,
      logger: createLogger('pool', { level: 'error', destination: process.stderr }),
      onBroken: (error) => {
        throw error;
      },
    });
    const pool = new FullPool(core, directory, slots);
    await pool.#fill(slots);
    return pool;
  }

  /** @returns once it is durable, the number of the cluster */
  async submit({ owner, ad, procs }: MeasuredCluster): Promise<number> {
    const { core } = this;
    core.queue.lastCluster += 1;
    const cluster = core.queue.lastCluster;
    await core.ledger.record(submissionOf({ cluster, owner, at: Date.now(), ad, procs }));
    return cluster;
  }

  get running(): number {
    return this.core.queue.countIn('Running');
  }

  /** @returns when the last pass has ended, and nothing is left to do */
  async settled(): Promise<number> {
    const { demandChange, autoclusters } = this.core;
    let last = performance.now();
    // A process that got no CPU meanwhile has seen nothing in that time, hence twice.
    for (let silent = 0; silent < 2; silent += 1) {
      const { version } = demandChange;
      await demandChange.wait(version, quiet, new AbortController().signal);
      if (demandChange.version === version && !autoclusters.isSorting) continue;
      last = performance.now();
      silent = -1;
    }
    return last;
  }

  /** @returns when the next pass has ended */
  async passEnded(): Promise<number> {
    const { demandChange } = this.core;
    await demandChange.wait(demandChange.version, 60_000, new AbortController().signal);
    return performance.now();
  }

  /** Memory of the process after a garbage collection, in bytes. */
  async memory(): Promise<{ rss: number; heap: number }> {
    await this.core.ledger.folded();
    collect();
    await nextTurn();
    collect();
    const { rss, heapUsed, external } = process.memoryUsage();
    return { rss, heap: heapUsed + external };
  }

  async #destroy(): Promise<void> {
    await this.core.close();
    await rm(this.#directory, { recursive: true, force: true });
  }

  /** Takes a part of the slots, with jobs that the negotiator would not match: so what is free of them differs. */
  async #fill(slots: readonly MeasuredSlot[]): Promise<void> {
    const { core, pilots } = this;
    const taken = takenOf(slots);
    pilots.comeAll();
    if (taken.length === 0) return;
    const fillers = clusterOf('filler', 1, ['requirements = false']);
    const procs = taken.map((_, number) => ({ attributes: { Args: `"${number}"` }, inputs: [] }));
    const cluster = await this.submit({ ...fillers, procs });
    for (const [number, [uid, takes]] of taken.entries()) {
      const job = core.queue.find({ cluster, proc: number });
      const pilot = core.collector.get(uid);
      assert.ok(job && pilot);
      core.claims.grant(job, pilot, takes, []);
      if (number % together === 0) await core.ledger.settled();
    }
    await core.ledger.folded();
    core.pilots.changed();
    await this.settled();
    assert.equal(this.running, taken.length, 'every filler runs');
  }
}
