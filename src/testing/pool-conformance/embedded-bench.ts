import { EmbeddedPool } from '#backend/embedded-pool.ts';
import { submitAnswer } from '#wire/jobs.ts';
import type { Start } from '#wire/pool-messages.ts';
import { submitOf } from '../ads.ts';
import { ManualClock } from '../manual-clock.ts';
import { ScriptedPilot } from '../scripted-pilot.ts';
import { TestPool } from '../test-pool.ts';
import type { PoolBench } from './pool-bench.ts';

/** The real pool on a real port, through its real client; the clock is the test's. */
export class EmbeddedBench implements PoolBench {
  readonly siteLease = 60_000;
  readonly #clock = new ManualClock(Date.now());
  readonly #pilots: EmbeddedPilot[] = [];
  #pool: TestPool | undefined;
  #directory: string | undefined;
  #port = 0;
  #sequence = 0;

  static async make(): Promise<EmbeddedBench> {
    const bench = new EmbeddedBench();
    await bench.start();
    return bench;
  }

  open(site: string, credentials: 'good' | 'refused' = 'good') {
    const pool = this.#here();
    const token = credentials === 'good' ? () => pool.token('operator') : async () => 'a.b.c';
    return new EmbeddedPool({ url: pool.url, token }, site);
  }

  async submit(jobs: number, more: Readonly<Record<string, string>> = {}): Promise<void> {
    const json = submitOf(jobs, more);
    await this.#here().client('submitter', 'alice').json('/v1/jobs', submitAnswer, { method: 'POST', json });
  }

  async startPilot(site: string, uid: string): Promise<EmbeddedPilot> {
    const pilot = new EmbeddedPilot(async () => {
      const pool = this.#here();
      return { url: pool.url, token: await pool.token('pilot', uid), uid, hello: { site, group: 'g' } };
    });
    this.#pilots.push(pilot);
    await pilot.connect();
    return pilot;
  }

  executions(): number {
    return new Set(this.#pilots.flatMap(({ starts }) => starts.map(({ claim }) => claim.id))).size;
  }

  async stop(): Promise<void> {
    await this.#here().stop();
    this.#pool = undefined;
  }

  async start(): Promise<void> {
    this.#pool = await TestPool.start({
      clock: this.#clock,
      leaseSeconds: 600,
      settings: { port: this.#port },
      ...(this.#directory === undefined ? {} : { directory: this.#directory }),
    });
    this.#directory = this.#pool.directory;
    this.#port = Number(new URL(this.#pool.url).port);
  }

  /** In steps in which pilots show that they live. */
  async passTime(milliseconds: number): Promise<void> {
    for (let left = milliseconds; left > 0; left -= 5000) {
      this.#sequence += 1;
      await Promise.all(this.#pilots.map((pilot) => pilot.renew(this.#sequence)));
      this.#clock.advance(Math.min(left, 5000));
    }
  }

  async end(): Promise<void> {
    for (const pilot of this.#pilots) await pilot.disconnect();
    await this.#here().destroy();
  }

  #here(): TestPool {
    if (this.#pool === undefined) throw new Error('the pool is stopped');
    return this.#pool;
  }
}

type PilotOptions = Parameters<typeof ScriptedPilot.start>[0];

/** Comes back over a new connection, with the claims that it was given. */
class EmbeddedPilot {
  readonly #options: () => Promise<PilotOptions>;
  readonly #connections: ScriptedPilot[] = [];

  constructor(options: () => Promise<PilotOptions>) {
    this.#options = options;
  }

  get starts(): Start[] {
    return this.#connections.flatMap(({ heard }) => heard).filter((message) => message.type === 'start');
  }

  async connect(): Promise<void> {
    const { hello, ...options } = await this.#options();
    const claims = this.starts.map(({ claim }) => claim);
    this.#connections.push(await ScriptedPilot.start({ ...options, hello: { ...hello, claims } }));
  }

  async disconnect(): Promise<void> {
    this.#connections.at(-1)?.cut();
    await this.#connections.at(-1)?.end();
  }

  reconnect(): Promise<void> {
    return this.connect();
  }

  async renew(sequence: number): Promise<void> {
    const connection = this.#connections.at(-1);
    if (connection === undefined || connection.ended !== undefined) return;
    connection.say({ type: 'renew', sequence });
    await connection.next('renewed', (message) => message.sequence === sequence);
  }
}
