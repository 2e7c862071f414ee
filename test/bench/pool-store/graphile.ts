import { execFile } from 'node:child_process';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { Postgres } from './postgres.ts';

const run = promisify(execFile);

/** The parts of graphile-worker that are used here. It is installed at run time, so the compiler does not know it. */
interface GraphileWorker {
  makeWorkerUtils(options: { connectionString: string; maxPoolSize?: number }): Promise<WorkerUtils>;
}

interface WorkerUtils {
  migrate(): Promise<void>;
  addJob(task: string, payload: unknown): Promise<unknown>;
  addJobs(specs: readonly { identifier: string; payload: unknown }[]): Promise<unknown>;
  release(): Promise<void>;
}

/** As in its own benchmark: processes, and jobs at the same time in each. */
const processes = 4;
const concurrency = 24;

/** Its batching as its documentation recommends it for the most lives; without, each life is its own pair of statements. */
const batching = { localQueue: { size: 500 }, completeJobBatchDelay: 0, failJobBatchDelay: 0 };

const source = join(import.meta.dirname, 'graphile');

/**
 * graphile-worker on PostgreSQL, used as in its own benchmark (`perfTest/run.js`): jobs without work, several worker processes
 * on the machine of the database. It is the fastest durable queue in TypeScript that publishes figures.
 */
export class Graphile {
  readonly #postgres: Postgres;
  readonly #folder: string;
  readonly #utils: WorkerUtils;
  readonly version: string;

  private constructor(postgres: Postgres, folder: string, utils: WorkerUtils, version: string) {
    this.#postgres = postgres;
    this.#folder = folder;
    this.#utils = utils;
    this.version = version;
  }

  /** @returns undefined, after saying why, if this machine has no PostgreSQL or the package cannot be installed */
  static async start(): Promise<Graphile | undefined> {
    const postgres = await Postgres.start();
    if (postgres === undefined) {
      process.stderr.write(
        'no PostgreSQL here (on Debian: apt-get install postgresql): no comparison with graphile-worker\n',
      );
      return undefined;
    }
    try {
      const folder = await installed();
      const entry = pathToFileURL(join(folder, 'node_modules/graphile-worker/dist/index.js')).href;
      const graphile = (await import(entry)) as GraphileWorker;
      const utils = await graphile.makeWorkerUtils({ connectionString: postgres.url, maxPoolSize: 50 });
      await utils.migrate();
      return new Graphile(postgres, folder, utils, await postgres.version());
    } catch (error) {
      await postgres.stop();
      process.stderr.write(`graphile-worker cannot be used here: ${String(error)}\n`);
      return undefined;
    }
  }

  /** @returns jobs a second, queued with an argument each in calls of `together` */
  async bulkRate(jobs: number, together: number): Promise<number> {
    const began = performance.now();
    for (let first = 0; first < jobs; first += together) {
      const specs = Array.from({ length: together }, (_, index) => ({
        identifier: 'nothing',
        payload: { args: `--seed ${first + index} --output result.${first + index}` },
      }));
      await this.#utils.addJobs(specs);
    }
    return (jobs / (performance.now() - began)) * 1000;
  }

  /** @returns jobs a second, queued one by one by `clients` at the same time */
  async singleRate(jobs: number, clients: number): Promise<number> {
    const began = performance.now();
    let next = 0;
    const lanes = Array.from({ length: clients }, async () => {
      while (next < jobs) {
        next += 1;
        await this.#utils.addJob('nothing', { args: `--seed ${next} --output result.${next}` });
      }
    });
    await Promise.all(lanes);
    return (jobs / (performance.now() - began)) * 1000;
  }

  /**
   * Completes `jobs`, which were queued beforehand; that is not measured.
   * @returns lives a second, without the start of the processes
   */
  async lifeRate(jobs: number, how: 'one by one' | 'batched'): Promise<number> {
    await this.#work(how);
    const start = await this.#work(how);
    await this.bulkRate(jobs, jobs);
    const whole = await this.#work(how);
    return (jobs / (whole - start)) * 1000;
  }

  async stop(): Promise<void> {
    await this.#utils.release();
    await this.#postgres.stop();
  }

  /** @returns milliseconds until every process has found nothing more to do */
  async #work(how: 'one by one' | 'batched'): Promise<number> {
    const preset = {
      worker: {
        connectionString: this.#postgres.url,
        concurrentJobs: concurrency,
        maxPoolSize: concurrency + 1,
        fileExtensions: ['.mjs'],
        ...(how === 'batched' ? batching : {}),
      },
    };
    await writeFile(join(this.#folder, 'graphile.config.mjs'), `export default ${JSON.stringify(preset)};\n`);
    const began = performance.now();
    const cli = join(this.#folder, 'node_modules/graphile-worker/dist/cli.js');
    const work = () =>
      run(process.execPath, [cli, '--once'], {
        cwd: this.#folder,
        env: { ...process.env, NO_LOG_SUCCESS: '1' },
        maxBuffer: 2 ** 26,
      });
    await Promise.all(Array.from({ length: processes }, work));
    return performance.now() - began;
  }
}

/** Installs the pinned packages into the user's cache, each checked against the lock file. @returns the folder */
async function installed(): Promise<string> {
  const folder = join(homedir(), '.cache/glidein/bench-graphile');
  await mkdir(folder, { recursive: true });
  await cp(source, folder, { recursive: true });
  await run('npm', ['ci', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund'], {
    cwd: folder,
  });
  return folder;
}
