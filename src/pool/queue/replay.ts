import { describeError, GlideinError } from '#base/error.ts';
import { holdCodes } from '#base/hold-codes.ts';
import type { FreshProcs } from '../jobs/fresh-procs.ts';
import { freshFromText, partFromRow, unreadableFresh } from '../jobs/fresh-rows.ts';
import type { Cluster, Job } from '../jobs/job.ts';
import { claimsIn } from '../jobs/joined-claims.ts';
import { newJob } from '../jobs/new-job.ts';
import { type ProcPart, packProcs } from '../jobs/packed-procs.ts';
import { clusterFromRow, jobFromRecord, lostCluster } from '../jobs/rows.ts';
import { isInteger } from '../jobs/stored-parts.ts';
import { checkTransition, parseRecord, type StoredTransition } from '../jobs/stored-shapes.ts';
import type { JobKey, Transition } from '../jobs/transition.ts';
import type { AsideRow, ClusterRow, StoredPart } from '../store/snapshot-rows.ts';
import type { Queue } from './queue.ts';

type Take = (transition: Transition, seq: number) => void;

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
  /** Procs of journaled or fresh submissions that the history has. */
  readonly #ended = new Map<number, number[]>();
  readonly #parts = new Map<number, ProcPart[]>();
  /** How many procs the rows of fresh procs name. */
  readonly #named = new Map<FreshProcs, number>();

  constructor(queue: Queue, take: Take) {
    this.#queue = queue;
    this.#take = take;
  }

  part({ differences, clusters, jobs, ended, journal }: StoredPart): void {
    for (const row of differences) {
      const parts = this.#partsOf(row.cluster);
      this.#parts.set(row.cluster, parts);
      parts.push(partFromRow(row));
    }
    for (const row of clusters) this.#cluster(row);
    for (const row of jobs) this.#job(row);
    for (const { cluster, proc } of ended) this.#hasEnded(cluster, proc);
    for (const { seq, record } of journal) this.#record(seq, record);
  }

  /**
   * Fresh procs whose rows name more than there are: the last fold did not come to them. They have to be written again, because
   * the rows that tell so may be removed from the history.
   */
  *stale(): Iterable<FreshProcs> {
    for (const [fresh, size] of this.#named) if (fresh.procs.size !== size) yield fresh;
  }

  #partsOf(cluster: number): ProcPart[] {
    return this.#parts.get(cluster) ?? [];
  }

  #cluster(row: ClusterRow): void {
    const cluster = clusterFromRow(row);
    this.#clusters.set(row.cluster, cluster);
    if (cluster.fault !== undefined)
      this.#setAside('clusters', String(row.cluster), row.record, cluster.fault);
    if (typeof row.fresh === 'string' && row.fresh !== '') this.#fresh(cluster, row.fresh);
  }

  #fresh(cluster: Cluster, text: string): void {
    const parts = this.#partsOf(cluster.id);
    try {
      const fresh = freshFromText(cluster, text, parts);
      this.#named.set(fresh, fresh.procs.size);
      this.#queue.addFresh(fresh);
    } catch (error) {
      const fresh = unreadableFresh(cluster, parts, error);
      this.#queue.addFresh(fresh);
      this.#setAside('clusters', String(cluster.id), text, fresh.shared.fault ?? '');
    }
  }

  /** Takes note that the history has this job. */
  #hasEnded(cluster: number, proc: number): void {
    this.#queue.dropFresh(cluster, proc);
    const procs = this.#ended.get(cluster) ?? [];
    this.#ended.set(cluster, procs);
    procs.push(proc);
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
      if (fields['type'] === 'claims') {
        this.#claims(fields, seq, record);
        return;
      }
      checkTransition(fields);
      this.#apply(this.#whole(fields), seq);
    } catch (error) {
      const reason = faultIn(error);
      this.#setAside('journal', String(seq), record, reason);
      this.#blame(seq, fields ?? namesIn(record), reason);
    }
  }

  /** A claim that cannot be read is put down to its job alone. */
  #claims(fields: Readonly<Record<string, unknown>>, seq: number, record: string): void {
    let reason: string | undefined;
    for (const { job, transition } of claimsIn(fields)) {
      try {
        if (transition === undefined) throw new GlideinError('StoreFailed', 'its claim cannot be read');
        this.#apply(transition, seq);
      } catch (error) {
        reason = faultIn(error);
        this.#blameJob(job, reason);
      }
    }
    if (reason !== undefined) this.#setAside('journal', String(seq), record, reason);
  }

  /** A row includes the effect of all records through its `seq`, so those are skipped. */
  #apply(transition: Transition, seq: number): void {
    if (transition.type === 'submit' || transition.type === 'restored') {
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

  /** A journal record of a submission has only the number of the procs, or, in older versions, the procs themselves. */
  #whole(fields: StoredTransition): Transition {
    if (fields.type !== 'submit') return fields;
    const { cluster, procs } = fields;
    const isWhole = typeof procs !== 'number';
    const packed = isWhole ? packProcs(procs) : { count: procs, parts: this.#partsOf(cluster) };
    return { ...fields, procs: packed, replayed: { isWhole, ended: this.#ended.get(cluster) ?? [] } };
  }

  /** Finds out whom an unreadable record is about: its job will be held, or a cluster is made whose jobs are held. */
  #blame(seq: number, fields: Readonly<Record<string, unknown>>, reason: string): void {
    const key = fields['job'] as Partial<JobKey> | undefined;
    if (typeof key?.cluster === 'number' && typeof key.proc === 'number') {
      this.#blameJob({ cluster: key.cluster, proc: key.proc }, reason);
      return;
    }
    for (const { job } of claimsIn(fields)) this.#blameJob(job, reason);
    const { cluster } = fields;
    if (typeof cluster !== 'number') return;
    const submission = submissionOf(cluster, fields, this.#partsOf(cluster));
    this.#take({ ...submission, replayed: { fault: reason, ended: this.#ended.get(cluster) ?? [] } }, seq);
  }

  #blameJob(key: JobKey, reason: string): void {
    const job = this.#queue.find(key);
    if (job !== undefined && !this.unreadable.has(job)) this.faulty.set(job, reason);
  }

  #setAside(source: AsideRow['source'], name: string, record: string, reason: string): void {
    this.aside.push({ source, name, record, reason });
  }
}

const faultIn = (error: unknown): string =>
  `a record of what happened to it cannot be read: ${describeError(error)}`;

/** What can be saved of an unreadable submission: that it existed, its owner, and its jobs. */
function submissionOf(
  cluster: number,
  { at, key, owner, procs }: Readonly<Record<string, unknown>>,
  parts: readonly ProcPart[],
): Extract<Transition, { type: 'submit' }> {
  const last = parts.at(-1);
  const known = last === undefined ? 1 : last.first + last.count;
  const listed = Array.isArray(procs) ? procs.length : procs;
  return {
    type: 'submit',
    at: typeof at === 'number' ? at : 0,
    cluster,
    key: typeof key === 'string' ? key : `unknown/${cluster}`,
    owner: typeof owner === 'string' ? owner : 'unknown',
    ad: {},
    procs: { count: isInteger(listed) ? Number(listed) : known, parts },
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
  // A number is whole only if something follows it.
  const claims = /"claims":\[((?:-?\d{1,15},)+)/.exec(record)?.[1];
  if (claims !== undefined) return { claims: claims.slice(0, -1).split(',').map(Number) };
  if (/"job":\{/.test(record)) return { job: { cluster, proc } };
  return text('type') === 'submit'
    ? { cluster, owner: text('owner'), key: text('key'), at: number('at'), procs: number('procs') }
    : {};
}
