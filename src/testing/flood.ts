import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { GlideinError } from '#base/error.ts';
import { uploadBlob } from '#client/blobs.ts';
import { PoolClient } from '#client/pool-client.ts';
import { mintToken } from '#pool/auth/tokens.ts';
import { jobActionAnswer, jobsAnswer, submitAnswer } from '#wire/jobs.ts';
import type { Role } from '#wire/role.ts';
import { submitOf } from './ads.ts';
import { eventually } from './eventually.ts';
import { PoolCommand } from './pool-command.ts';
import { SmallVolume } from './small-volume.ts';
import { usedHeap } from './used-heap.ts';
import { WorkingPilot } from './working-pilot.ts';

interface FloodOptions {
  readonly seconds: number;
  /** How long the good user is alone before the flood, and after it. */
  readonly quietSeconds: number;
  /** Megabytes of the volume, and of node's heap. */
  readonly disk: number;
  readonly heap: number;
  readonly log: (line: string) => void;
}

/** What a flood did to a pool, in figures. */
export interface FloodReport {
  /** Refusals by code and by what was asked. */
  readonly refused: Readonly<Record<string, number>>;
  /** Failures that are no refusal with a reason. */
  readonly failures: readonly string[];
  readonly taken: { readonly jobs: number; readonly files: number };
  /** Milliseconds from a good user's submit to the end of the job, the median, before, during and after. */
  readonly good: {
    readonly before: number;
    readonly during: number;
    readonly after: number;
    readonly completed: number;
  };
  /** Megabytes. */
  readonly memory: { readonly before: number; readonly most: number; readonly after: number };
  /** What of it is no garbage. */
  readonly heap: { readonly before: number; readonly after: number };
  readonly disk: { readonly before: number; readonly most: number; readonly after: number };
  readonly lives: number;
}

const mega = 2 ** 20;
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const median = (values: readonly number[]): number =>
  Math.round(values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN);

/** Floods a small pool with submits, inputs, outputs and huge requests, beside one user with small jobs. */
export async function flood(options: FloodOptions): Promise<FloodReport> {
  const volume = await SmallVolume.mount(options.disk);
  const scratch = await mkdtemp(join(tmpdir(), 'glidein-flood-'));
  let pool: PoolCommand | undefined;
  try {
    pool = await PoolCommand.start({
      directory: volume.path,
      arguments: ['--history-age', '10s', '--file-age', '10s', '--key-age', '10s', '--log-level', 'warn'],
      under: ['env', `NODE_OPTIONS=--max-old-space-size=${options.heap} --inspect-port=0`],
    });
    return await new Flood(options, { pool, volume, scratch }).run();
  } finally {
    await pool?.end('SIGKILL');
    await volume.unmount();
    await rm(scratch, { recursive: true, force: true });
  }
}

class Flood {
  readonly #options: FloodOptions;
  readonly #pool: PoolCommand;
  readonly #volume: SmallVolume;
  readonly #scratch: string;
  readonly #refused: Record<string, number> = {};
  readonly #failures: string[] = [];
  readonly #clients: PoolClient[] = [];
  #key = Buffer.alloc(0);
  #flooding = true;
  #jobs = 0;
  #files = 0;
  #completed = 0;

  constructor(
    options: FloodOptions,
    parts: { readonly pool: PoolCommand; readonly volume: SmallVolume; readonly scratch: string },
  ) {
    this.#options = options;
    this.#pool = parts.pool;
    this.#volume = parts.volume;
    this.#scratch = parts.scratch;
  }

  async run(): Promise<FloodReport> {
    const { log, seconds, quietSeconds } = this.#options;
    this.#key = await readFile(join(this.#volume.path, 'pool.key'));
    const pilot = new WorkingPilot({
      address: async () => ({ url: this.#pool.url, token: await this.#token('pilot', 'good-pilot') }),
      uid: 'good-pilot',
      random: Math.random,
      workMilliseconds: 20,
    });
    const working = pilot.run();
    const before = await this.#goodFor(quietSeconds);
    const heapBefore = await usedHeap(this.#pool);
    const first = { memory: await this.#memory(), disk: await this.#disk() };
    const most = { ...first };
    const ends = performance.now() + seconds * 1000;
    const attackers = [this.#submits(), this.#submits(), this.#inputs(), this.#outputs(), this.#huge()];
    const during: number[] = [];
    while (performance.now() < ends) {
      during.push(...(await this.#goodFor(2)));
      most.memory = Math.max(most.memory, await this.#memory());
      most.disk = Math.max(most.disk, await this.#disk());
      log(
        `${this.#jobs} jobs, ${this.#files} files, memory ${await this.#memory()} MB, disk ${await this.#disk()} MB, ${during.length} good jobs`,
      );
    }
    this.#flooding = false;
    await Promise.all(attackers);
    log('the flood is over');
    await this.#removeAll();
    await eventually(async () => {
      if ((await this.#disk()) > first.disk + 0.1 * this.#options.disk)
        throw new Error('the disk is not free again');
    }, 120_000);
    const after = await this.#goodFor(quietSeconds);
    const heapAfter = await usedHeap(this.#pool);
    const last = { memory: await this.#memory(), disk: await this.#disk() };
    pilot.stop();
    await working;
    await Promise.all(this.#clients.map((client) => client.close()));
    return {
      refused: this.#refused,
      failures: this.#failures,
      taken: { jobs: this.#jobs, files: this.#files },
      good: {
        before: median(before),
        during: median(during),
        after: median(after),
        completed: this.#completed,
      },
      memory: { before: first.memory, most: most.memory, after: last.memory },
      heap: { before: heapBefore, after: heapAfter },
      disk: { before: first.disk, most: most.disk, after: last.disk },
      lives: this.#pool.child.exitCode === null && this.#pool.child.signalCode === null ? 1 : 0,
    };
  }

  #token(role: Role, subject: string): Promise<string> {
    return mintToken(this.#key, { role, subject }, 36_000);
  }

  #client(role: Role, subject: string): PoolClient {
    const client = new PoolClient({ url: this.#pool.url, token: () => this.#token(role, subject) });
    this.#clients.push(client);
    return client;
  }

  async #memory(): Promise<number> {
    const status = await readFile(`/proc/${this.#pool.child.pid}/status`, 'utf8').catch(() => '');
    return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
  }

  async #disk(): Promise<number> {
    const { blocks, bfree, bsize } = await statfs(this.#volume.path);
    return Math.round(((blocks - bfree) * bsize) / mega);
  }

  /** One small job after the other. @returns milliseconds from submit to end of each that was taken */
  async #goodFor(seconds: number): Promise<number[]> {
    const client = this.#client('submitter', 'good');
    const times: number[] = [];
    for (const ends = performance.now() + seconds * 1000; performance.now() < ends; await pause(50)) {
      const began = performance.now();
      const taken = await this.#try('a small job', () =>
        client.json('/v1/jobs', submitAnswer, { method: 'POST', json: submitOf() }),
      );
      if (taken === undefined) continue;
      const path = `/v1/jobs/${taken.cluster}.0`;
      await eventually(async () => {
        const [job] = (await client.json(path, jobsAnswer)).jobs;
        if (job?.ad['JobStatus'] !== '4') throw new Error(`the job is in state ${job?.ad['JobStatus']}`);
      }, 60_000);
      times.push(performance.now() - began);
      this.#completed += 1;
    }
    return times;
  }

  async #submits(): Promise<void> {
    const client = this.#client('submitter', 'greedy');
    while (this.#flooding) {
      const json = submitOf(5000, { Requirements: 'false', Arguments: `"${'x'.repeat(500)}"` });
      const taken = await this.#try('many jobs', () =>
        client.json('/v1/jobs', submitAnswer, { method: 'POST', json }),
      );
      this.#jobs += taken?.procs ?? 0;
      await pause(taken === undefined ? 200 : 20);
    }
  }

  #inputs(): Promise<void> {
    return this.#uploads('an input', this.#client('submitter', 'greedy'), 4 * mega);
  }

  #outputs(): Promise<void> {
    return this.#uploads('an output', this.#client('pilot', 'greedy-pilot'), mega);
  }

  async #uploads(what: string, client: PoolClient, bytes: number): Promise<void> {
    const path = join(this.#scratch, what);
    while (this.#flooding) {
      await writeFile(path, randomBytes(bytes));
      const taken = await this.#try(what, () => uploadBlob(client, path));
      this.#files += taken === undefined ? 0 : 1;
      await pause(taken === undefined ? 200 : 20);
    }
  }

  /** Submits that are larger than the pool has memory for. */
  async #huge(): Promise<void> {
    const client = this.#client('submitter', 'greedy');
    const piece = Buffer.from('{"attributes":{},"inputs":[]},'.repeat(30_000));
    const pieces = Array.from({ length: 150 }, () => piece);
    const length = String(pieces.length * piece.length);
    while (this.#flooding) {
      const headers = { 'content-type': 'application/json', 'content-length': length };
      await this.#try('a huge request', () =>
        client.json('/v1/jobs', submitAnswer, { method: 'POST', headers, body: Readable.from(pieces) }),
      );
      await pause(2000);
    }
  }

  async #removeAll(): Promise<void> {
    const client = this.#client('submitter', 'greedy');
    for (;;) {
      const { jobs } = await client.json('/v1/jobs?limit=1', jobsAnswer);
      const cluster = jobs[0]?.id.split('.')[0];
      if (cluster === undefined) return;
      const json = { action: 'remove', jobs: [cluster], reason: 'the flood is over' };
      await this.#try('rm', () => client.json('/v1/jobs/actions', jobActionAnswer, { method: 'POST', json }));
    }
  }

  /** What was asked, or undefined when it was refused; a refusal has a reason, anything else is a failure. */
  async #try<T>(what: string, ask: () => Promise<T>): Promise<T | undefined> {
    try {
      return await ask();
    } catch (error) {
      const isRejection =
        error instanceof GlideinError &&
        ['NoSpace', 'TooLarge', 'Unavailable'].includes(error.code) &&
        !/no pool answers|cannot be reached/.test(error.message);
      if (isRejection) {
        const name = `${what}: ${error.code}`;
        this.#refused[name] = (this.#refused[name] ?? 0) + 1;
      } else {
        this.#failures.push(`${what}: ${error instanceof Error ? error.message : String(error)}`);
      }
      return undefined;
    }
  }
}
