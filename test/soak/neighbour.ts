import { setTimeout as pause } from 'node:timers/promises';
import { isCode } from '#base/error.ts';
import type { PoolClient } from '#client/pool-client.ts';
import { jobActionAnswer, jobsAnswer, type SubmitRequest, submitAnswer } from '#wire/jobs.ts';

/** What a neighbour submits, and what it asks lists for. */
export interface JobSource {
  /** A cluster of so many jobs; one with a `flaw` is to be refused. */
  cluster(procs: number, flaw: boolean): SubmitRequest;
  constraint(): string;
}

interface NeighbourOptions {
  readonly source: JobSource;
  readonly client: () => PoolClient;
  /** Jobs of one submission. */
  readonly batch: number;
  readonly random: () => number;
  /** Told what must not be. */
  readonly onHarm: (harm: string) => void;
}

/** How many of the newest clusters stay in the queue. */
const keptClusters = 4;
/** Characters, each of which may become three: longer addresses are refused by HTTP itself. */
const longestConstraint = 4_000;

/** Somebody who submits many jobs, lists, asks why, holds, releases and removes; what kind of jobs, the source decides. */
export class Neighbour {
  /** Jobs in the queue at some time, submissions that were refused as they must be, and lists. */
  submitted = 0;
  refused = 0;
  listings = 0;
  /** Jobs by their state when they were looked at, before their removal. */
  readonly states: Record<string, number> = {};
  readonly #options: NeighbourOptions;
  readonly #clusters: number[] = [];

  constructor(options: NeighbourOptions) {
    this.#options = options;
  }

  /** Goes on until `signal` aborts or so many jobs were submitted; a round takes so many milliseconds at least. */
  async work({
    signal,
    jobs = Number.POSITIVE_INFINITY,
    period = 0,
  }: {
    readonly signal?: AbortSignal;
    readonly jobs?: number;
    readonly period?: number;
  }): Promise<void> {
    for (let next = performance.now(); signal?.aborted !== true && this.submitted < jobs; ) {
      next = Math.max(performance.now(), next + period);
      await this.#submit();
      await this.#list();
      if (this.#clusters.length > keptClusters) await this.#remove();
      await pause(Math.max(0, next - performance.now()), undefined, signal && { signal }).catch(() => {});
    }
  }

  /** Removes what it has in the queue. */
  async leave(): Promise<void> {
    while (this.#clusters.length > 0) await this.#remove();
  }

  async #submit(): Promise<void> {
    const { source, batch, random, client, onHarm } = this.#options;
    const flaw = random() < 0.05;
    const json = source.cluster(batch, flaw);
    try {
      const { cluster } = await client().json('/v1/jobs', submitAnswer, { method: 'POST', json });
      if (flaw) onHarm(`cluster ${cluster} was taken although a text of it does not parse`);
      this.submitted += batch;
      this.#clusters.push(cluster);
    } catch (error) {
      if (!flaw || !isCode(error, 'InvalidExpression')) onHarm(`a submission failed: ${String(error)}`);
      this.refused += 1;
    }
  }

  async #list(): Promise<void> {
    const text = this.#options.source.constraint();
    const constraint = encodeURIComponent(text.length > longestConstraint ? 'n.Cpus' : text);
    await this.#ask(`/v1/jobs?limit=50&constraint=${constraint}`);
    // It looks at all that ever ended, which is more with each round.
    if (this.#options.random() < 0.05) await this.#ask(`/v1/history?limit=50&constraint=${constraint}`);
    const cluster = this.#clusters.at(-1);
    if (cluster !== undefined) await this.#ask(`/v1/jobs/${cluster}.0/why`);
    this.listings += 2;
  }

  async #ask(path: string): Promise<void> {
    try {
      const { body } = await this.#options.client().raw(path);
      await body.dump();
    } catch (error) {
      if (!isCode(error, 'NotFound') && !isCode(error, 'InvalidArgument'))
        this.#options.onHarm(`${path.slice(0, 200)}: ${String(error)}`);
    }
  }

  /** Looks at what became of the oldest cluster, and removes it. */
  async #remove(): Promise<void> {
    const [cluster] = this.#clusters.splice(0, 1);
    const client = this.#options.client();
    const { jobs } = await client.json(`/v1/jobs/${cluster}`, jobsAnswer);
    for (const { id, ad } of jobs) {
      const state = ad['JobStatus'] ?? '?';
      this.states[state] = (this.states[state] ?? 0) + 1;
      if (state === '5' && (ad['HoldReason'] ?? '""').length < 10)
        this.#options.onHarm(`${id} is held without a reason`);
    }
    for (const action of ['hold', 'release', 'remove'] as const) {
      const json = { action, jobs: [String(cluster)], reason: 'because' };
      await client.json('/v1/jobs/actions', jobActionAnswer, { method: 'POST', json });
    }
  }
}
