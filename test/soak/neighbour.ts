import { setTimeout as pause } from 'node:timers/promises';
import { isCode } from '#base/error.ts';
import type { PoolClient } from '#client/pool-client.ts';
import { jobActionAnswer, jobsAnswer, type SubmitRequest, submitAnswer } from '#wire/jobs.ts';

/** What a neighbour submits, and which lists it requests. */
export interface JobSource {
  /** A cluster of so many jobs. One with a `flaw` must be refused. */
  cluster(procs: number, flaw: boolean): SubmitRequest;
  constraint(): string;
}

interface NeighbourOptions {
  readonly source: JobSource;
  readonly client: () => PoolClient;
  /** Jobs of one submission. */
  readonly batch: number;
  readonly random: () => number;
  /** Called with each thing that must not happen. */
  readonly onHarm: (harm: string) => void;
}

/** How many of the newest clusters are left in the queue. */
const keptClusters = 4;
/** The most characters of a query. Each may become three, and HTTP itself refuses longer addresses. */
const longestConstraint = 4_000;

/** A user who submits many jobs, lists them, asks why, holds, releases and removes. The source decides what kind of jobs. */
export class Neighbour {
  /** How many jobs were in the queue, submissions were rightly refused, and lists were read. */
  submitted = 0;
  refused = 0;
  listings = 0;
  /** Jobs by their state just before their removal. */
  readonly states: Record<string, number> = {};
  readonly #options: NeighbourOptions;
  readonly #clusters: number[] = [];

  constructor(options: NeighbourOptions) {
    this.#options = options;
  }

  /** Runs until `signal` aborts or so many jobs are submitted. A round takes at least so many milliseconds. */
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
    // It reads everything that ever ended, which grows with each round.
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

  /** Records the states of the oldest cluster's jobs, and removes it. */
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
