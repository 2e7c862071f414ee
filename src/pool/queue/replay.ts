import { describeError } from '#base/error.ts';
import { holdCodes } from '#base/hold-codes.ts';
import type { Cluster, Job } from '../jobs/job.ts';
import { newJob } from '../jobs/new-job.ts';
import { clusterFromRow, jobFromRecord, lostCluster } from '../jobs/rows.ts';
import { checkTransition, parseRecord } from '../jobs/stored-shapes.ts';
import type { JobKey, Transition } from '../jobs/transition.ts';
import type { AsideRow, StoredPart } from '../store/store-messages.ts';
import type { Queue } from './queue.ts';

type Take = (transition: Transition, seq: number, isThere?: (proc: number) => boolean) => readonly Job[];

/** What may still be done to a job that cannot be read. */
const alwaysPossible: ReadonlySet<string> = new Set([
  'remove',
  'hold',
  'release',
] satisfies Transition['type'][]);

/**
 * Restores a queue from what is stored, part by part. No stored record can keep a pool from starting: an unreadable one is set
 * aside unchanged, its job is held with the reason, and everything else is restored as it was.
 */
export class Replay {
  /** Unreadable records, for the store to keep: the next fold deletes the journal. */
  readonly aside: AsideRow[] = [];
  /** Jobs whose rows cannot be read, and why. The rows stay as they are. */
  readonly unreadable = new Map<Job, string>();
  /** Jobs with an unreadable journal record, and why: they have to be held. */
  readonly faulty = new Map<Job, string>();
  readonly #queue: Queue;
  readonly #take: Take;
  readonly #clusters = new Map<number, Cluster>();
  readonly #ended = new Set<string>();

  constructor(queue: Queue, take: Take) {
    this.#queue = queue;
    this.#take = take;
  }

  part({ clusters, jobs, ended, journal }: StoredPart): void {
    for (const row of clusters) {
      const cluster = clusterFromRow(row);
      this.#clusters.set(row.cluster, cluster);
      if (cluster.fault !== undefined)
        this.#setAside('clusters', String(row.cluster), row.record, cluster.fault);
    }
    for (const row of jobs) this.#job(row);
    for (const { cluster, proc } of ended) this.#ended.add(`${cluster}.${proc}`);
    for (const { seq, record } of journal) this.#record(seq, record);
  }

  #job(row: StoredPart['jobs'][number]): void {
    const cluster = this.#clusters.get(row.cluster) ?? this.#lostCluster(row.cluster);
    try {
      this.#queue.add(cluster, [jobFromRecord(cluster, row.proc, row.record)]);
    } catch (error) {
      const reason = `the record of this job cannot be read: ${describeError(error)}`;
      const hold = { code: holdCodes.systemPolicy, reason };
      const job = newJob(cluster, { proc: row.proc, state: 'Held', hold });
      this.#queue.add(cluster, [job]);
      this.unreadable.set(job, reason);
      this.#setAside('jobs', `${row.cluster}.${row.proc}`, row.record, reason);
    }
  }

  #lostCluster(id: number): Cluster {
    const cluster = lostCluster(id);
    this.#clusters.set(id, cluster);
    return cluster;
  }

  #record(seq: number, record: string): void {
    let fields: Readonly<Record<string, unknown>> | undefined;
    try {
      fields = parseRecord(record);
      checkTransition(fields);
      this.#apply(fields, seq);
    } catch (error) {
      const reason = `a record of what happened to it cannot be read: ${describeError(error)}`;
      this.#setAside('journal', String(seq), record, reason);
      this.#blame(seq, fields ?? namesIn(record), reason);
    }
  }

  /** A row includes the effect of all records through its `seq`, so those are skipped. */
  #apply(transition: Transition, seq: number): void {
    if (transition.type === 'submit') {
      const { cluster } = transition;
      const isThere = (proc: number): boolean =>
        this.#ended.has(`${cluster}.${proc}`) || this.#queue.find({ cluster, proc }) !== undefined;
      this.#take(transition, seq, isThere);
      return;
    }
    if (transition.type === 'restored') {
      this.#take(transition, seq);
      return;
    }
    const job = this.#queue.find(transition.job);
    if ((job?.seq ?? 0) >= seq) return;
    const standsForRow =
      job !== undefined && this.unreadable.has(job) && !alwaysPossible.has(transition.type);
    if (standsForRow) throw new Error('the record of the job itself cannot be read');
    this.#take(transition, seq);
  }

  /** Finds out whom an unreadable record is about: its job will be held, or a cluster is made whose jobs are held. */
  #blame(seq: number, fields: Readonly<Record<string, unknown>>, reason: string): void {
    const key = fields['job'] as Partial<JobKey> | undefined;
    if (typeof key?.cluster === 'number' && typeof key.proc === 'number') {
      const job = this.#queue.find({ cluster: key.cluster, proc: key.proc });
      if (job !== undefined && !this.unreadable.has(job)) this.faulty.set(job, reason);
      return;
    }
    const { cluster } = fields;
    if (typeof cluster !== 'number' || this.#queue.cluster(cluster) !== undefined) return;
    this.#take(submissionOf(cluster, fields, reason), seq);
  }

  #setAside(source: AsideRow['source'], name: string, record: string, reason: string): void {
    this.aside.push({ source, name, record, reason });
  }
}

/** What can be saved of an unreadable submission: that it existed, its owner, and how many jobs it had. */
function submissionOf(
  cluster: number,
  fields: Readonly<Record<string, unknown>>,
  fault: string,
): Extract<Transition, { type: 'submit' }> {
  const { at, key, owner, procs } = fields;
  const proc = { attributes: {}, inputs: [] };
  return {
    type: 'submit',
    at: typeof at === 'number' ? at : 0,
    cluster,
    key: typeof key === 'string' ? key : `unknown/${cluster}`,
    owner: typeof owner === 'string' ? owner : 'unknown',
    ad: {},
    procs: Array.isArray(procs) ? procs.map(() => proc) : [proc],
    fault,
  };
}

/** Identifiers found in a record that is no longer valid JSON, such as one that was cut off. */
function namesIn(record: string): Readonly<Record<string, unknown>> {
  const number = (name: string): number | undefined => {
    const digits = new RegExp(`"${name}":(\\d{1,15})`).exec(record)?.[1];
    return digits === undefined ? undefined : Number(digits);
  };
  const text = (name: string): string | undefined =>
    new RegExp(`"${name}":"([^"\\\\]{1,256})"`).exec(record)?.[1];
  const [cluster, proc] = [number('cluster'), number('proc')];
  if (/"job":\{/.test(record)) return { job: { cluster, proc } };
  return text('type') === 'submit'
    ? { cluster, owner: text('owner'), key: text('key'), at: number('at') }
    : {};
}
