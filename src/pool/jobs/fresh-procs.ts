import { describeError } from '#base/error.ts';
import type { AdTexts } from '#wire/ad-texts.ts';
import { restoredClaimId } from './claim-id.ts';
import type { Cluster, Job } from './job.ts';
import { newJob } from './new-job.ts';
import type { ProcDifferences, ProcPart } from './packed-procs.ts';
import type { ProcIntervals } from './proc-intervals.ts';
import { ProcReader } from './proc-reader.ts';

/** Stands, where a proc number would be, for all procs of a cluster to which nothing has happened yet. */
export const freshProcs = -1;

/**
 * The procs of a cluster to which nothing has happened since they were submitted, except what happened to all of them. They
 * share one state and are no jobs in memory: a `Job` is made when something happens to one of them.
 */
export class FreshProcs {
  readonly cluster: Cluster;
  /** The numbers of those that are left. */
  readonly procs: ProcIntervals;
  /**
   * What they share, as a job with the number {@link freshProcs}: what happens to it happens to all of them. Its claim, if it
   * has one, stands for a claim of each of them.
   */
  readonly shared: Job;
  #parts: readonly ProcPart[];
  #reader: ProcReader;

  /** @param parts what the procs have of their own; ignored if the cluster says that they have nothing */
  constructor(shared: Job, procs: ProcIntervals, parts: readonly ProcPart[]) {
    this.cluster = shared.cluster;
    this.shared = shared;
    this.procs = procs;
    this.#parts = parts;
    this.#reader = this.#newReader();
  }

  /** Whether any of them may set one of these attributes, given in lower case. */
  maySet(names: Iterable<string>): boolean {
    const own = this.#reader.names;
    if (own.has('*')) return true;
    for (const name of names) if (own.has(name)) return true;
    return false;
  }

  /** Whether they differ by nothing but their number, so that a defect of one is a defect of all. */
  get areSeries(): boolean {
    return this.#parts.every(({ kind }) => kind === 'series');
  }

  /** The memory that their differences take. */
  get bytes(): number {
    return this.#reader.bytes;
  }

  /** The texts of their differences, for a search that need not know which proc is which. */
  texts(): Iterable<string> {
    return this.#reader.texts();
  }

  /**
   * One of them as a job. Each call makes another one, and none of them is in the queue: it can be looked at, and nothing
   * that is done to it has an effect. If its differences are damaged, it has none and says so.
   */
  job(proc: number): Job {
    return jobOf(this.shared, proc, this.#reader);
  }

  /** What one of them sets of its own; undefined if that cannot be read. */
  attributes(proc: number): AdTexts | undefined {
    return differencesOf(proc, this.#reader).attributes;
  }

  /** Their state as of now, whatever happens to them later. */
  snapshot(): { readonly procs: ProcIntervals; readonly job: (proc: number) => Job } {
    const [shared, reader] = [{ ...this.shared }, this.#reader];
    return { procs: this.procs.copy(), job: (proc) => jobOf(shared, proc, reader) };
  }

  /** Their jobs as of now, the largest number first. */
  *descending(): Iterable<Job> {
    const { procs, job } = this.snapshot();
    let proc = procs.previous(Number.MAX_SAFE_INTEGER);
    for (; proc !== undefined; proc = procs.previous(proc - 1)) yield job(proc);
  }

  /** Drops the differences that no proc needs any more. */
  dropUnused(): void {
    const isUsed = ({ first, count }: ProcPart) => (this.procs.next(first) ?? first + count) < first + count;
    const used = this.#parts.filter(isUsed);
    if (used.length === this.#parts.length) return;
    this.#parts = used;
    this.#reader = this.#newReader();
  }

  #newReader(): ProcReader {
    const { plain, id } = this.cluster;
    return new ProcReader(plain === true ? undefined : this.#parts, id);
  }
}

function jobOf(shared: Job, proc: number, reader: ProcReader): Job {
  const job = newJob(shared.cluster, { ...shared, ...differencesOf(proc, reader), proc });
  const { claim, cluster } = shared;
  if (claim !== undefined)
    job.claim = { ...claim, ref: { ...claim.ref, id: restoredClaimId({ cluster: cluster.id, proc }) } };
  return job;
}

function differencesOf(
  proc: number,
  reader: ProcReader,
): Partial<ProcDifferences> & { readonly fault?: string } {
  try {
    return reader.read(proc);
  } catch (error) {
    return { fault: describeError(error) };
  }
}
