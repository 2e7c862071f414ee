import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { PoolClient } from '#client/pool-client.ts';
import { mintToken } from '#pool/auth/tokens.ts';
import type { Role } from '#wire/role.ts';
import { PoolCommand } from '../pool-command.ts';
import { SmallVolume } from '../small-volume.ts';

interface KilledPoolOptions {
  readonly random: () => number;
  readonly leaseSeconds: number;
  /** The size of the disk in megabytes; undefined for the temporary directory of the machine, which cannot be filled up. */
  readonly megabytes: number | undefined;
}

/** How often a pool is killed while it starts, and the longest time in milliseconds that it then gets. */
const shareOfEarly = 0.2;
const longestStart = 800;

/** Milliseconds in which a pool on a full disk must say so. */
const patience = 60_000;

/** A pool that is killed and started again in one place, and whose disk can be filled up. */
export class KilledPool {
  readonly #options: KilledPoolOptions;
  readonly #directory: string;
  readonly #volume: SmallVolume | undefined;
  readonly #clients: PoolClient[] = [];
  #key = new Uint8Array();
  #pool: PoolCommand | undefined;
  #url = '';
  kills = 0;
  fulls = 0;

  private constructor(options: KilledPoolOptions, directory: string, volume: SmallVolume | undefined) {
    this.#options = options;
    this.#directory = directory;
    this.#volume = volume;
  }

  static async start(options: KilledPoolOptions): Promise<KilledPool> {
    const { megabytes } = options;
    const volume = megabytes === undefined ? undefined : await SmallVolume.mount(megabytes);
    const directory = volume?.path ?? (await mkdtemp(join(tmpdir(), 'glidein-crash-')));
    const pool = new KilledPool(options, directory, volume);
    try {
      // The very first life, in which the database and the key are made.
      await pool.#killEarly();
      await pool.#start();
      pool.#key = await readFile(join(directory, 'pool.key'));
      return pool;
    } catch (error) {
      await pool.destroy();
      throw error;
    }
  }

  /** The same for all of its lives. */
  get url(): string {
    return this.#url;
  }

  token(role: Role, subject: string): () => Promise<string> {
    const minted = mintToken(this.#key, { subject, role }, 86_400);
    return () => minted;
  }

  /** A client that is closed with the pool. */
  client(role: Role, subject: string): PoolClient {
    const client = new PoolClient({ url: this.url, token: this.token(role, subject) });
    this.#clients.push(client);
    return client;
  }

  /** @throws Error if the pool has ended by itself, or does not start again */
  async kill(): Promise<void> {
    await this.#killNow();
    if (this.#options.random() < shareOfEarly) await this.#killEarly();
    await this.#start();
  }

  /** Kills the pool while it starts. */
  async #killEarly(): Promise<void> {
    this.#pool = PoolCommand.begin(this.#command());
    await pause(this.#options.random() * longestStart);
    await this.#killNow();
  }

  async #killNow(): Promise<void> {
    const pool = this.#pool;
    if (pool === undefined) return;
    if (pool.child.exitCode !== null || pool.child.signalCode !== null)
      throw new Error(`the pool ended by itself with ${pool.child.exitCode}: ${pool.log.slice(-2000)}`);
    await pool.end('SIGKILL');
    this.kills += 1;
  }

  /** Fills the disk until the pool says so, kills it there, and makes room once the next one has lived on the full disk. */
  async fillUp(): Promise<void> {
    const { random } = this.#options;
    for (const end = performance.now() + patience; (await this.#state()) !== 'Full'; await pause(20)) {
      if (performance.now() > end) throw new Error('the disk is full, and the pool does not say so');
      await this.#volume?.fill();
    }
    await pause(random() * 1000);
    await this.kill();
    await this.#volume?.fill();
    await pause(random() * 2000);
    await this.#volume?.drain(Number.MAX_SAFE_INTEGER);
    this.fulls += 1;
  }

  async destroy(): Promise<void> {
    await this.#pool?.end('SIGKILL');
    await Promise.all(this.#clients.map((client) => client.close()));
    if (this.#volume === undefined) await rm(this.#directory, { recursive: true, force: true });
    else await this.#volume.unmount();
  }

  async #start(): Promise<void> {
    this.#pool = await PoolCommand.start(this.#command());
    this.#url = this.#pool.url;
  }

  /** The port stays the same. */
  #command(): Parameters<typeof PoolCommand.start>[0] {
    const { leaseSeconds } = this.#options;
    const settings = {
      lease: `${leaseSeconds}s`,
      'most-lost-pilots': '1000',
      'keep-free': '8Mi',
      'log-level': 'error',
    };
    return {
      directory: this.#directory,
      port: this.#url === '' ? 0 : Number(new URL(this.#url).port),
      arguments: Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]),
    };
  }

  async #state(): Promise<string> {
    const answer = await fetch(`${this.url}/readyz`);
    return ((await answer.json()) as { state: string }).state;
  }
}
