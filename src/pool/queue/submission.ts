import type { Clock } from '#base/clock.ts';
import { GlideinError } from '#base/error.ts';
import { submittedOnHoldReason } from '#base/hold-codes.ts';
import { substituteCluster } from '#submit/language/cluster-number.ts';
import type { SubmitAnswer } from '#wire/jobs.ts';
import type { AuditTrail } from '../audit/audit-trail.ts';
import type { Doer } from '../audit/doer.ts';
import type { CheckedSubmit } from '../intake/checked-submit.ts';
import { filesIn } from '../intake/needed-files.ts';
import type { JobAds } from '../jobs/job-ads.ts';
import { clusterFromRow } from '../jobs/rows.ts';
import type { Transition } from '../jobs/transition.ts';
import type { Blobs } from '../spool/blobs.ts';
import type { FileQuota } from '../spool/file-quota.ts';
import type { Volume } from '../spool/volume.ts';
import type { Store } from '../store/store.ts';
import { holdTooLarge } from './input-limit.ts';
import type { KnownKeys } from './known-keys.ts';
import type { Ledger } from './ledger.ts';
import { type MemoryShares, requireMemory } from './memory.ts';
import type { Queue } from './queue.ts';

/** The parts of the pool that a submission needs. */
export interface SubmittedTo {
  readonly queue: Queue;
  readonly ledger: Pick<Ledger, 'record' | 'folded'>;
  readonly ads: JobAds;
  readonly store: Pick<Store, 'clusterByKey'>;
  readonly keys: Pick<KnownKeys, 'mayKnow' | 'add'>;
  readonly blobs: Pick<Blobs, 'size'>;
  readonly volume: Pick<Volume, 'room' | 'requireWritable'>;
  readonly quota: Pick<FileQuota, 'require'>;
  readonly memory: MemoryShares;
  readonly audit: Pick<AuditTrail, 'whole'>;
  readonly clock: Clock;
  inBackground(work: Promise<unknown>): void;
}

/** Whose jobs they are, the key of the request, and who sent it. */
interface Names {
  readonly owner: string;
  readonly key: string;
  readonly by: Doer;
}

/**
 * Accepts jobs into the queue; they are durable when this resolves. Repeating a request with the same key returns the first
 * answer, so a client that lost the answer can safely ask again.
 *
 * **Gotchas.** A request that is answered with a failure must never be in the queue. So everything that can fail comes before the
 * record, and once something is recorded, the answer waits for the disk, however long that takes.
 * @throws GlideinError NoSpace if it cannot be recorded now, NotFound for an input that is not in the spool, TooLarge or
 * Unavailable if there is no memory for the jobs
 */
export class Submission {
  readonly #pool: SubmittedTo;
  /** Answers that are under way: two requests with the same key share one. */
  readonly #pending = new Map<string, Promise<SubmitAnswer>>();

  constructor(pool: SubmittedTo) {
    this.#pool = pool;
  }

  /** @param by whom the audit names */
  accept(submit: CheckedSubmit, owner: string, by: Doer): Promise<SubmitAnswer> {
    const key = keyOf(owner, submit.key);
    const pending = this.#pending.get(key);
    if (pending !== undefined) return pending;
    const answer = this.#accept(submit, { owner, key, by }).finally(() => this.#pending.delete(key));
    this.#pending.set(key, answer);
    return answer;
  }

  /** A request that was answered before needs no space, so it is looked up first. */
  async #accept(submit: CheckedSubmit, names: Names): Promise<SubmitAnswer> {
    const { owner, key } = names;
    const known = await this.#known(key);
    if (known !== undefined) return known;
    const { volume, ledger } = this.#pool;
    const { bytes } = submit;
    this.#pool.quota.require(owner, 0);
    const room = await volume.room.admit({ owner, bytes: mostOnDisk(bytes) });
    const answer = await this.#queue(submit, names).catch(async (error) => {
      await room.end(0);
      throw error;
    });
    this.#pool.inBackground(ledger.folded().then(() => room.end(keptOnDisk(bytes))));
    return answer;
  }

  async #queue(submit: CheckedSubmit, { owner, key, by }: Names): Promise<SubmitAnswer> {
    this.#requireMemory(submit, owner);
    await this.#checkFiles(submit);
    const { volume, queue, ledger, keys, audit } = this.#pool;
    queue.lastCluster += 1;
    const cluster = queue.lastCluster;
    // Again, because other requests were accepted meanwhile; from here on nothing can happen in between.
    this.#requireMemory(submit, owner);
    volume.requireWritable();
    const act = audit.whole(by, 'submit');
    act.did(owner, { cluster }, submit.procs.count);
    const durable = ledger.record(this.#transition(submit, { owner, key, cluster }), act);
    keys.add(key);
    // In the same turn, so that nothing is matched before it is held.
    if (!submit.held && submit.limitsInputs) this.#holdTooLarge(cluster);
    await durable;
    return { cluster, procs: submit.procs.count };
  }

  #requireMemory({ procs, memory: bytes }: CheckedSubmit, owner: string): void {
    const { memory, queue } = this.#pool;
    requireMemory(memory, { all: queue.bytes, owner: queue.bytesOf(owner) }, { procs: procs.count, bytes });
  }

  #holdTooLarge(cluster: number): void {
    const { queue, ads, clock, ledger } = this.#pool;
    const inBackground = (work: Promise<unknown>) => this.#pool.inBackground(work);
    holdTooLarge({ queue, ads, clock, ledger, inBackground }, cluster);
  }

  async #known(key: string): Promise<SubmitAnswer | undefined> {
    const cluster = this.#pool.queue.clusterByKey(key);
    if (cluster !== undefined) return { cluster: cluster.id, procs: cluster.procs };
    if (!this.#pool.keys.mayKnow(key)) return undefined;
    const row = await this.#pool.store.clusterByKey(key);
    if (row === null) return undefined;
    return { cluster: row.cluster, procs: clusterFromRow(row).procs };
  }

  /** A job whose input is missing or has another size would otherwise fail later and elsewhere. */
  async #checkFiles({ files }: CheckedSubmit): Promise<void> {
    for (const { digest, name, size } of filesIn(files)) {
      const actual = await this.#pool.blobs.size(digest);
      if (actual === undefined) {
        throw new GlideinError('NotFound', `the input file ${name} (${digest}) is not in the spool`, {
          cure: 'upload it first with PUT /v1/blobs/DIGEST',
        });
      }
      if (actual !== size) {
        throw new GlideinError('InvalidArgument', `the input file ${name} has ${actual} bytes, not ${size}`);
      }
    }
  }

  #transition(submit: CheckedSubmit, names: { owner: string; key: string; cluster: number }): Transition {
    return {
      type: 'submit',
      at: this.#pool.clock.wall(),
      ...names,
      ad: substituteCluster(submit.cluster, names.cluster),
      procs: submit.procs,
      ...(submit.held ? { hold: submittedOnHoldReason } : {}),
    };
  }
}

/** Bytes that a submit takes on the disk: the differences once, its ad in the journal and in a row, and all of it in the write-ahead log. */
const mostOnDisk = (bytes: number): number => 3 * bytes + rowBytes;
const keptOnDisk = (bytes: number): number => bytes + rowBytes;

/** Bytes of the row of a cluster besides its ad. */
const rowBytes = 1000;

/** Owner names may contain any character, so the separator is escaped in them: no two owners ever share a key. */
const keyOf = (owner: string, key: string): string => `${owner.replace(/[%/]/g, encodeURIComponent)}/${key}`;
