import { randomUUID } from 'node:crypto';
import { report } from '#testing/figures.ts';
import { here, mebibytes } from './conditions.ts';
import { LeanClient } from './lean-client.ts';
import { MeasuredPool } from './measured-pool.ts';
import type { PoolCost } from './pool-witness.ts';
import { realJob } from './real-job.ts';

const million = 1_000_000;

/** Milliseconds for which others may have to wait at most. */
const longest = 50;

interface Watched {
  readonly milliseconds: number;
  readonly cost: PoolCost;
  readonly answer: string;
}

/** What a pool does with a million idle jobs in one cluster, and then with a million ended ones; and whether others wait meanwhile. */
export class Million {
  readonly #pool: MeasuredPool;
  #client: LeanClient;

  private constructor(pool: MeasuredPool, client: LeanClient) {
    this.#pool = pool;
    this.#client = client;
  }

  static async run(): Promise<void> {
    const pool = await MeasuredPool.start();
    try {
      const client = await open(pool);
      await new Million(pool, client).#all();
    } finally {
      await pool.destroy();
    }
  }

  async #all(): Promise<void> {
    await this.#ask('POST', '/v1/jobs', JSON.stringify(realJob(1)));
    const empty = await this.#pool.costCollected();
    await this.#submitted();
    const full = await this.#pool.costCollected();
    this.#figure('memory of a million idle jobs', mebibytes(full.rss - empty.rss), 'MiB', 1024, full);
    this.#figure('heap of a million idle jobs', mebibytes(full.heap - empty.heap), 'MiB', null, full);
    await this.#unmaterialised(full);
    await this.#looked();
    await this.#restarted();
    await this.#removed();
    await this.#history();
  }

  async #submitted(): Promise<void> {
    const body = millionJobs();
    const submit = await this.#watched(() => this.#ask('POST', '/v1/jobs', body));
    this.#figure('submit of a million', submit.milliseconds, 'ms', 10_000, submit.cost);
    this.#turn('a submit of a million', submit.cost);
  }

  /** A series of jobs that differ by their number only. A pool that does not know the form refuses it. */
  async #unmaterialised(before: PoolCost): Promise<void> {
    const { cluster } = realJob(1);
    const series = { count: 100 * million, attributes: { Args: '"--seed $(ProcId)"' }, inputs: [] };
    const body = JSON.stringify({ key: randomUUID(), cluster, procs: series });
    try {
      const { milliseconds, cost, answer } = await this.#watched(() => this.#ask('POST', '/v1/jobs', body));
      const after = await this.#pool.costCollected();
      this.#figure('submit of a series of 100 million', milliseconds, 'ms', 50, cost);
      const more = mebibytes(after.rss - before.rss);
      this.#figure('memory of 100 million unmaterialised jobs', more, 'MiB', 100, after);
      await this.#remove(answer);
    } catch (error) {
      process.stderr.write(`no series of 100 million jobs: ${String(error)}\n`);
    }
  }

  async #looked(): Promise<void> {
    const one = await this.#watched(() => this.#ask('GET', '/v1/jobs/1'));
    this.#figure('q of one cluster beside a million other jobs', one.milliseconds, 'ms', 50, one.cost);
    const constraint = encodeURIComponent('RequestMemory > 1000 && regexp("never", Args)');
    const all = await this.#watched(() => this.#ask('GET', `/v1/jobs?limit=50&constraint=${constraint}`));
    this.#figure(`constraint over a million idle jobs`, all.milliseconds, 'ms', 2000, all.cost);
    this.#turn(`a constraint over a million idle jobs`, all.cost);
  }

  async #restarted(): Promise<void> {
    this.#client.close();
    const milliseconds = await this.#pool.restart();
    await this.#pool.watchTurns();
    this.#client = await open(this.#pool);
    await new Promise((resolve) => setTimeout(resolve, aftermath));
    const cost = await this.#pool.cost();
    this.#figure('restart with a million jobs until it serves', milliseconds, 'ms', 5000, cost);
    this.#turn("a restart's aftermath", cost);
  }

  async #removed(): Promise<void> {
    const removal = await this.#watched(() => this.#remove('{"cluster":2}'));
    this.#figure('rm of a million', removal.milliseconds, 'ms', null, removal.cost);
    await this.#pool.watchTurns();
    await this.#untilEnded();
    this.#turn('the rest of an rm of a million', await this.#pool.cost());
  }

  async #history(): Promise<void> {
    const page = await this.#watched(() => this.#ask('GET', '/v1/history?limit=50'));
    this.#figure('history of 50 beside a million other jobs', page.milliseconds, 'ms', 50, page.cost);
    const constraint = encodeURIComponent('RequestMemory > 1000 && regexp("never", Args)');
    const all = await this.#watched(() => this.#ask('GET', `/v1/history?limit=50&constraint=${constraint}`));
    this.#figure('constraint over a million ended jobs', all.milliseconds, 'ms', 2000, all.cost);
    this.#turn('a constraint over a million ended jobs', all.cost);
  }

  async #remove(answer: string): Promise<string> {
    const { cluster } = JSON.parse(answer) as { cluster: number };
    return this.#ask(
      'POST',
      '/v1/jobs/actions',
      JSON.stringify({ action: 'remove', jobs: [String(cluster)], reason: 'measured enough' }),
    );
  }

  /** Resolves when the last of the million is in the history. */
  async #untilEnded(): Promise<void> {
    for (;;) {
      const answer = await this.#ask('GET', '/v1/jobs?limit=2');
      const { rss } = await this.#pool.cost();
      const history = await this.#ask('GET', '/v1/history?limit=1');
      if ((JSON.parse(answer) as { total: number }).total === 1 && history.includes(`"2.${million - 1}"`))
        return;
      process.stderr.write(`moving to the history, ${Math.round(mebibytes(rss))} MiB\n`);
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  }

  async #watched(work: () => Promise<string>): Promise<Watched> {
    await this.#pool.watchTurns();
    const began = performance.now();
    const answer = await work();
    return { milliseconds: performance.now() - began, cost: await this.#pool.cost(), answer };
  }

  #ask(method: 'GET' | 'POST', path: string, body?: string): Promise<string> {
    return this.#client.ask(method, path, body);
  }

  #turn(what: string, { longestTurn, longestTurnCpu, rss }: PoolCost): void {
    report({
      name: `longest block of the event loop by ${what}`,
      figure: longestTurn,
      unit: 'ms',
      aim: longest,
      better: 'lower',
      baseline: null,
      memory: mebibytes(rss),
      conditions: `by the clock; by the thread's CPU it is ${longestTurnCpu.toFixed(1)} ms; ${here}`,
    });
  }

  #figure(name: string, figure: number, unit: string, aim: number | null, { rss }: PoolCost): void {
    report({
      name,
      figure,
      unit,
      aim,
      better: 'lower',
      baseline: null,
      memory: mebibytes(rss),
      conditions: `one cluster of a million jobs with arguments of their own; ${here}`,
    });
  }
}

/** Milliseconds after a restart in which its aftermath is watched. */
const aftermath = 5000;

const open = async (pool: MeasuredPool): Promise<LeanClient> =>
  LeanClient.open(pool.url, await pool.token('submitter', 'alice'));

function millionJobs(): string {
  const { cluster } = realJob(1);
  const procs = Array.from({ length: million }, (_, proc) => ({
    attributes: { Args: `"${proc}"` },
    inputs: [],
  }));
  return JSON.stringify({ key: randomUUID(), cluster, procs });
}
