import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GlideinError } from '#base/error.ts';
import { PoolClient } from '#client/pool-client.ts';
import { mintToken } from '#pool/auth/tokens.ts';
import { jobActionAnswer, jobsAnswer, submitAnswer } from '#wire/jobs.ts';
import { submitOf } from './ads.ts';
import { PoolCommand } from './pool-command.ts';
import { SmallVolume } from './small-volume.ts';

interface KillsOptions {
  readonly times: number;
  readonly random: () => number;
  readonly log: (line: string) => void;
}

/** What a pool that was killed on a full volume again and again had to say. */
export interface KillsReport {
  /** Starts, each on a volume without a free byte. */
  readonly starts: number;
  readonly states: readonly string[];
  /** Starts after which the queue had fewer or more jobs than were asked for. */
  readonly wrong: readonly string[];
}

/**
 * Kills a busy pool at random instants on a volume that fills up meanwhile, fills the volume to the last byte, and
 * starts the pool again.
 */
export async function killsOnFullVolume(options: KillsOptions): Promise<KillsReport> {
  const volume = await SmallVolume.mount(32);
  const kills = new Kills(options, volume);
  try {
    return await kills.run();
  } finally {
    await kills.end();
    await volume.unmount();
  }
}

class Kills {
  readonly #options: KillsOptions;
  readonly #volume: SmallVolume;
  #pool: PoolCommand | undefined;
  #client: PoolClient | undefined;
  #acknowledged = 0;
  /** Jobs of submits that got no answer: they are there or not. */
  #unknown = 0;
  #isAlive = true;

  constructor(options: KillsOptions, volume: SmallVolume) {
    this.#options = options;
    this.#volume = volume;
  }

  async run(): Promise<KillsReport> {
    const { times, random, log } = this.#options;
    const states = new Set<string>();
    const wrong: string[] = [];
    await this.#start();
    await this.#submit(20);
    for (let start = 1; start <= times; start += 1) {
      await this.#liveAndDie();
      await this.#volume.fill();
      await this.#start();
      const { total } = await this.#json('/v1/jobs', jobsAnswer);
      const { state } = (await (await fetch(`${this.#pool?.url}/readyz`)).json()) as { state: string };
      states.add(state);
      const most = this.#acknowledged + this.#unknown;
      log(`start ${start}: ${state}, ${total} jobs, ${this.#acknowledged} to ${most} expected`);
      if (total < this.#acknowledged || total > most)
        wrong.push(`start ${start}: ${total} jobs instead of ${this.#acknowledged} to ${most}`);
      this.#acknowledged = total;
      this.#unknown = 0;
      await this.#volume.drain(Math.floor(random() ** 3 * 24 * 2 ** 20));
    }
    return { starts: times, states: [...states], wrong };
  }

  async end(): Promise<void> {
    await this.#pool?.end('SIGKILL');
    await this.#client?.close();
  }

  async #start(): Promise<void> {
    await this.#client?.close();
    const directory = this.#volume.path;
    this.#pool = await PoolCommand.start({ directory, port: this.#pool?.port ?? 0 });
    const key = await readFile(join(directory, 'pool.key'));
    const token = () => mintToken(key, { subject: 'alice', role: 'submitter' }, 3600);
    this.#client = new PoolClient({ url: this.#pool.url, token });
    this.#isAlive = true;
  }

  /** Somewhere in the middle of submits, changes and folds. */
  async #liveAndDie(): Promise<void> {
    const { random } = this.#options;
    const busy = [this.#submits(), this.#changes(), this.#fills()];
    await new Promise((resolve) => setTimeout(resolve, random() * 3000));
    this.#isAlive = false;
    await this.#pool?.end('SIGKILL');
    await Promise.all(busy);
  }

  async #submits(): Promise<void> {
    while (this.#isAlive) await this.#submit(1 + Math.floor(this.#options.random() * 50));
  }

  async #submit(procs: number): Promise<void> {
    const json = submitOf(procs, { Requirements: 'false', Arguments: `"${'x'.repeat(200)}"` });
    try {
      this.#acknowledged += (await this.#json('/v1/jobs', submitAnswer, { method: 'POST', json })).procs;
    } catch (error) {
      // Refused before anything was kept, or perhaps kept.
      if (!(error instanceof GlideinError) || !/too little space/.test(error.message)) this.#unknown += procs;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async #changes(): Promise<void> {
    for (let time = 0; this.#isAlive; time += 1) {
      const action = time % 2 === 0 ? 'hold' : 'release';
      const json = { action, jobs: ['1'], reason: 'x'.repeat(Math.floor(this.#options.random() * 1000)) };
      await this.#json('/v1/jobs/actions', jobActionAnswer, { method: 'POST', json }).catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  async #fills(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, this.#options.random() * 2000));
    if (this.#isAlive) await this.#volume.fill();
  }

  #json: PoolClient['json'] = (path, shape, init) => {
    if (this.#client === undefined) throw new Error('the pool was never started');
    return this.#client.json(path, shape, init);
  };
}
