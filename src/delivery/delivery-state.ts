import { readFile, rename, writeFile } from 'node:fs/promises';
import * as z from 'zod';

/** Jobs that are remembered by name, at most: of those beyond the clusters are. */
const mostNamed = 10_000;

const stored = z.object({
  generation: z.string().optional(),
  after: z.int(),
  results: z.array(z.tuple([z.string(), z.number()])),
  logs: z.array(z.int()),
  clusters: z.array(z.int()).default([]),
});

/** How far a delivery has come, kept in a file for whoever goes on after it. */
export class DeliveryState {
  readonly #file: string | undefined;
  readonly #mostNamed: number;
  #generation: string | undefined;
  #after = 0;
  /** Jobs whose results could not be written yet, and when they ended. */
  readonly #results = new Map<string, number>();
  /** Clusters with more such jobs than can be named. */
  readonly #clusters = new Set<number>();
  /** Clusters whose log lacks something that was told already. */
  readonly #logs = new Set<number>();
  #isChanged = false;

  /** @param file none: it begins anew each time */
  constructor(file?: string, most = mostNamed) {
    this.#file = file;
    this.#mostNamed = most;
  }

  /** What an earlier delivery has left. One that cannot be read begins anew: nothing is written twice for that. */
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

  /** Whether results of this job may lack. */
  mayLack(job: string): boolean {
    return this.#results.has(job) || this.#clusters.has(clusterOf(job));
  }

  /** Whether another job can be remembered by its name. */
  get hasRoom(): boolean {
    return this.#results.size < this.#mostNamed;
  }

  /** Whether the pool was restored from a backup since: its numbers mean something else now. */
  isOtherLife(generation: string): boolean {
    return this.#generation !== undefined && this.#generation !== generation;
  }

  /** Everything from the first event on is to be looked at. */
  async begin(generation: string): Promise<void> {
    this.#generation = generation;
    this.#after = 0;
    this.#isChanged = true;
    await this.save();
  }

  /** All through this event is done, or noted as waiting. */
  async passed(generation: string, through: number): Promise<void> {
    this.#isChanged ||= through !== this.#after || generation !== this.#generation;
    this.#generation = generation;
    this.#after = through;
    await this.save();
  }

  resultsLeft(job: string, endedAt: number): void {
    if (this.hasRoom || this.#results.has(job)) this.#results.set(job, endedAt);
    else this.#clusters.add(clusterOf(job));
    this.#isChanged = true;
  }

  resultsPlaced(job: string): void {
    this.#isChanged = this.#results.delete(job) || this.#isChanged;
  }

  /** All results of the cluster are placed, or its jobs are remembered by name. */
  clusterPlaced(cluster: number): void {
    this.#isChanged = this.#clusters.delete(cluster) || this.#isChanged;
  }

  logLeft(cluster: number): void {
    this.#logs.add(cluster);
    this.#isChanged = true;
  }

  logWritten(cluster: number): void {
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
