import { readFile, rename, writeFile } from 'node:fs/promises';
import * as z from 'zod';

/** The most jobs that are remembered by name; of further jobs only their cluster is remembered. */
const mostNamed = 10_000;

const stored = z.object({
  generation: z.string().optional(),
  after: z.int(),
  results: z.array(z.tuple([z.string(), z.number()])),
  logs: z.array(z.int()),
  clusters: z.array(z.int()).default([]),
});

/** How far a delivery has come, kept in a file so that the next one can continue. */
export class DeliveryState {
  readonly #file: string | undefined;
  readonly #mostNamed: number;
  #generation: string | undefined;
  #after = 0;
  /** Jobs whose results could not be written yet, and when they ended. */
  readonly #results = new Map<string, number>();
  /** Clusters with further such jobs, too many to remember by name. */
  readonly #clusters = new Set<number>();
  /** Clusters whose log lacks events that were already received. */
  readonly #logs = new Set<number>();
  #isChanged = false;

  /** @param file if absent, the state is not kept */
  constructor(file?: string, most = mostNamed) {
    this.#file = file;
    this.#mostNamed = most;
  }

  /** The state of an earlier delivery. If it cannot be read, delivery starts over, which writes nothing twice. */
  static async open(file: string): Promise<DeliveryState> {
    const state = new DeliveryState(file);
    const text = await readFile(file, 'utf8').catch(() => undefined);
    const parsed = text === undefined ? undefined : stored.safeParse(jsonOf(text)).data;
    if (parsed === undefined) return state;
    state.#generation = parsed.generation;
    state.#after = parsed.after;
    for (const [job, endedAt] of parsed.results) state.#results.set(job, endedAt);
    for (const cluster of parsed.clusters) state.#clusters.add(cluster);
    for (const cluster of parsed.logs) state.#logs.add(cluster);
    return state;
  }

  get after(): number {
    return this.#after;
  }

  get results(): ReadonlyMap<string, number> {
    return this.#results;
  }

  get clusters(): ReadonlySet<number> {
    return this.#clusters;
  }

  get logs(): ReadonlySet<number> {
    return this.#logs;
  }

  get isWaiting(): boolean {
    return this.#results.size + this.#clusters.size + this.#logs.size > 0;
  }

  /** Whether results of this job may be missing. */
  mayMissResults(job: string): boolean {
    return this.#results.has(job) || this.#clusters.has(clusterOf(job));
  }

  /** Whether another job can be remembered by its name. */
  get hasRoom(): boolean {
    return this.#results.size < this.#mostNamed;
  }

  /** Whether the pool was restored from a backup since: its numbers now mean something else. */
  isOtherGeneration(generation: string): boolean {
    return this.#generation !== undefined && this.#generation !== generation;
  }

  /** Starts over at the first event. */
  async startOver(generation: string): Promise<void> {
    this.#generation = generation;
    this.#after = 0;
    this.#isChanged = true;
    await this.save();
  }

  /** Everything up to and including this event is done, or noted as still to do. */
  async advance(generation: string, through: number): Promise<void> {
    this.#isChanged ||= through !== this.#after || generation !== this.#generation;
    this.#generation = generation;
    this.#after = through;
    await this.save();
  }

  rememberResults(job: string, endedAt: number): void {
    if (this.hasRoom || this.#results.has(job)) this.#results.set(job, endedAt);
    else this.#clusters.add(clusterOf(job));
    this.#isChanged = true;
  }

  forgetResults(job: string): void {
    this.#isChanged = this.#results.delete(job) || this.#isChanged;
  }

  /** All results of the cluster have been placed, or the jobs that wait are now remembered by name. */
  forgetCluster(cluster: number): void {
    this.#isChanged = this.#clusters.delete(cluster) || this.#isChanged;
  }

  rememberLog(cluster: number): void {
    this.#logs.add(cluster);
    this.#isChanged = true;
  }

  forgetLog(cluster: number): void {
    this.#isChanged = this.#logs.delete(cluster) || this.#isChanged;
  }

  async save(): Promise<void> {
    if (this.#file === undefined || !this.#isChanged) return;
    const content: z.infer<typeof stored> = {
      ...(this.#generation !== undefined && { generation: this.#generation }),
      after: this.#after,
      results: [...this.#results],
      logs: [...this.#logs],
      clusters: [...this.#clusters],
    };
    await writeFile(`${this.#file}.part`, JSON.stringify(content), { mode: 0o600 });
    await rename(`${this.#file}.part`, this.#file);
    this.#isChanged = false;
  }
}

const clusterOf = (job: string): number => Number(job.split('.')[0]);

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
