import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Core } from '#pool/core.ts';
import { createLogger } from '#telemetry/logger.ts';
import type { ClaimRef } from '#wire/claim.ts';
import type { Start } from '#wire/pool-messages.ts';
import { jobTexts, slotTexts } from './ads.ts';
import { ManualClock } from './manual-clock.ts';
import { settled } from './pass-time.ts';
import { submissionOf } from './submitted.ts';

/** A job that a pilot was told to start. Times are seconds since the pool was opened. */
export interface TimedStart {
  readonly job: string;
  readonly uid: string;
  readonly at: number;
}

interface Submission {
  readonly owner: string;
  readonly procs: number;
  readonly ad?: Readonly<Record<string, string>>;
}

/**
 * The pool's core on a real database, with a clock that a test moves and pilots whose payloads are timers on that clock: hours of
 * a busy pool take seconds.
 */
export class TimedPool {
  readonly core: Core;
  readonly starts: TimedStart[] = [];
  readonly #clock: ManualClock;
  readonly #directory: string;
  readonly #lasts: (job: string) => number;
  #clusters = 0;

  private constructor(
    parts: { core: Core; clock: ManualClock; directory: string },
    lasts: TimedPool['lasts'],
  ) {
    this.core = parts.core;
    this.#clock = parts.clock;
    this.#directory = parts.directory;
    this.#lasts = lasts;
  }

  /** @param lasts for how many seconds a job runs */
  static async open(lasts: (job: string) => number): Promise<TimedPool> {
    const directory = await mkdtemp(join(tmpdir(), 'glidein-timed-'));
    const clock = new ManualClock();
    const core = await Core.open({
      settings: {
        directory,
        host: '127.0.0.1',
        port: 0,
        leaseSeconds: 10_000_000,
        mostLostPilots: 5,
        periodicSeconds: 3600,
        synchronous: 'OFF',
      },
      clock,
      logger: createLogger('pool', { level: 'silent' }),
      onBroken: (error) => {
        throw error;
      },
    });
    return new TimedPool({ core, clock, directory }, lasts);
  }

  get lasts(): (job: string) => number {
    return this.#lasts;
  }

  /** Seconds since it was opened. */
  get now(): number {
    return this.#clock.monotonic() / 1000;
  }

  pilot(uid: string, slot: Readonly<Record<string, string>>): void {
    const facts = { uid, name: uid, group: 'test', site: 'here', slot: slotTexts(slot), draining: false };
    this.core.pilots.register(
      { type: 'hello', protocol: 1, claims: [], retireIn: 1e8, ...facts },
      {
        send: () => {},
        sendPrinted: (message) => this.#start(uid, JSON.parse(message) as Start),
        close: () => {},
      },
    );
    this.core.pilots.changed();
  }

  /** @returns the cluster number */
  submit({ owner, procs, ad }: Submission): number {
    this.#clusters += 1;
    const cluster = this.#clusters;
    const at = this.#clock.wall();
    void this.core.ledger.record(submissionOf({ cluster, owner, at, procs, ad: jobTexts(ad) }));
    return cluster;
  }

  /** Lets seconds pass, in steps after each of which everything that follows has happened. */
  async pass(seconds: number, step = 10): Promise<void> {
    await this.#rest();
    for (let passed = 0; passed < seconds; passed += step) {
      this.#clock.advance(step * 1000);
      await this.#rest();
    }
  }

  async destroy(): Promise<void> {
    await this.core.close();
    await rm(this.#directory, { recursive: true, force: true });
  }

  async #rest(): Promise<void> {
    for (let starts = -1; starts !== this.starts.length; ) {
      starts = this.starts.length;
      await settled();
      await this.core.ledger.settled();
      await settled();
    }
  }

  #start(uid: string, { job, claim }: Start): void {
    this.starts.push({ job, uid, at: this.now });
    this.#clock.after(this.#lasts(job) * 1000, () => this.#end(uid, claim));
  }

  #end(uid: string, claim: ClaimRef): void {
    const { collector, claims } = this.core;
    const pilot = collector.get(uid);
    if (pilot === undefined) return;
    const endedAt = this.#clock.wall();
    claims.started(pilot, claim, endedAt);
    void claims.finished(pilot, {
      type: 'finished',
      claim,
      outcome: { kind: 'exited', exitCode: 0 },
      endedAt,
      usage: { wallSeconds: 1 },
      outputs: [],
    });
  }
}
