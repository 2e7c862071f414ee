import type { PilotSupply } from '#backend/pool.ts';
import { GlideinError } from '#base/error.ts';
import { ClassAd } from '#classad/class-ad.ts';
import { jobTexts, slotAd } from '../ads.ts';
import { ManualClock } from '../manual-clock.ts';
import { ScriptedPool } from '../scripted-pool.ts';
import type { PoolBench } from './pool-bench.ts';

interface SaidJob {
  readonly texts: Readonly<Record<string, string>>;
  readonly since: number;
  /** The uid of the pilot that runs it. */
  on?: string | undefined;
}

interface SaidPilot {
  readonly uid: string;
  readonly site: string;
  draining: boolean;
  /** Since when it has no connection; undefined while it has one. */
  cutAt?: number | undefined;
}

const cores = 4;

/** The pool that tests script: this one says what jobs and pilots of the plainest kind would do. */
export class ScriptedBench implements PoolBench {
  readonly siteLease = 60_000;
  readonly #clock = new ManualClock(Date.now());
  readonly #pools = new Map<string, ScriptedPool>();
  readonly #jobs: SaidJob[] = [];
  readonly #pilots = new Map<string, SaidPilot>();
  #executions = 0;

  open(site: string, credentials: 'good' | 'refused' = 'good'): ScriptedPool {
    const known = this.#pools.get(site);
    if (known !== undefined && credentials === 'good') return known;
    const pool = new ScriptedPool({ clock: this.#clock, site, justStarted: true });
    if (credentials === 'refused') {
      pool.fails = () => new GlideinError('Unauthenticated', 'the token is not trusted');
      return pool;
    }
    pool.fails = (call, uid = '') =>
      call === 'drain' && !this.#pilots.has(uid)
        ? new GlideinError('NotFound', `no pilot ${uid} is registered`)
        : undefined;
    pool.onTold = (call, uid) => this.#told(call, uid);
    pool.say(() => this.#said());
    this.#pools.set(site, pool);
    return pool;
  }

  async submit(jobs: number, more: Readonly<Record<string, string>> = {}): Promise<void> {
    const texts = jobTexts(more);
    for (let each = 0; each < jobs; each += 1) this.#jobs.push({ texts, since: this.#clock.monotonic() });
    this.#changed();
  }

  async startPilot(site: string, uid: string) {
    const pilot: SaidPilot = { uid, site, draining: false };
    const reconnect = async () => {
      pilot.cutAt = undefined;
      this.#pilots.set(uid, pilot);
      this.#changed();
    };
    await reconnect();
    const disconnect = async () => {
      pilot.cutAt = this.#clock.monotonic();
      this.#changed();
    };
    return { disconnect, reconnect };
  }

  executions(): number {
    return this.#executions;
  }

  async stop(): Promise<void> {
    for (const pool of this.#pools.values()) pool.stop();
    for (const pilot of this.#pilots.values()) {
      pilot.cutAt = this.#clock.monotonic();
      if (this.#jobsOn(pilot.uid) === 0) this.#pilots.delete(pilot.uid);
    }
  }

  async start(): Promise<void> {
    for (const pool of this.#pools.values()) pool.start();
  }

  async passTime(milliseconds: number): Promise<void> {
    this.#clock.advance(milliseconds);
  }

  async end(): Promise<void> {}

  #told(call: 'gone' | 'drain', uid: string): void {
    if (call === 'gone') {
      this.#pilots.delete(uid);
      for (const job of this.#jobs) if (job.on === uid) job.on = undefined;
    } else for (const pilot of this.#pilots.values()) pilot.draining ||= pilot.uid === uid;
    this.#changed();
  }

  #changed(): void {
    for (const job of this.#jobs) {
      if (job.on !== undefined) continue;
      const pilot = [...this.#pilots.values()].find(
        ({ uid, cutAt, draining }) => cutAt === undefined && !draining && this.#jobsOn(uid) < cores,
      );
      if (pilot === undefined) break;
      job.on = pilot.uid;
      this.#executions += 1;
    }
    for (const pool of this.#pools.values()) pool.say({});
  }

  #jobsOn(uid: string): number {
    return this.#jobs.filter(({ on }) => on === uid).length;
  }

  #said() {
    const alike = Map.groupBy(
      this.#jobs.filter(({ on }) => on === undefined),
      ({ texts }) => JSON.stringify(texts),
    );
    return {
      autoclusters: [...alike.values()].map((jobs, index) => ({
        id: index + 1,
        count: jobs.length,
        oldestSeconds: (this.#clock.monotonic() - (jobs[0]?.since ?? 0)) / 1000,
        ad: ClassAd.fromTexts(jobs[0]?.texts ?? {}),
      })),
      pilots: [...this.#pilots.values()].map((pilot) => this.#asTold(pilot)),
    };
  }

  #asTold({ uid, site, draining, cutAt }: SaidPilot): PilotSupply {
    const jobs = this.#jobsOn(uid);
    return {
      uid,
      name: `pilot-${uid}`,
      group: 'g',
      site,
      state: draining ? 'Draining' : jobs > 0 ? 'Busy' : 'Idle',
      connected: cutAt === undefined,
      disconnectedSeconds: cutAt === undefined ? 0 : (this.#clock.monotonic() - cutAt) / 1000,
      free: slotAd({ Cpus: String(cores - jobs) }),
    };
  }
}
