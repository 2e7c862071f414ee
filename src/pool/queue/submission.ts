import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '#base/clock.ts';
import { GlideinError } from '#base/error.ts';
import { submittedOnHoldReason } from '#base/hold-codes.ts';
import { substituteCluster } from '#submit/language/cluster-number.ts';
import type { SubmitAnswer, SubmitRequest } from '#wire/jobs.ts';
import type { JobAds } from '../jobs/job-ads.ts';
import { clusterBytes, jobBytes } from '../jobs/job-bytes.ts';
import { clusterFromRow } from '../jobs/rows.ts';
import type { Transition } from '../jobs/transition.ts';
import type { Blobs } from '../spool/blobs.ts';
import type { Volume } from '../spool/volume.ts';
import type { Store } from '../store/store.ts';
import { checkAds } from './check-ads.ts';
import { holdTooLarge, mayLimitInputs } from './input-limit.ts';
import type { Ledger } from './ledger.ts';
import { type MemoryShares, requireMemory } from './memory.ts';
import { checkNames, isHeld, normalized, withCluster } from './normalize-request.ts';
import type { Queue } from './queue.ts';

/** The parts of the pool that a submission needs. */
export interface SubmittedTo {
  readonly queue: Queue;
  readonly ledger: Pick<Ledger, 'record' | 'folded'>;
  readonly ads: JobAds;
  readonly store: Pick<Store, 'clusterByKey'>;
  readonly blobs: Pick<Blobs, 'size'>;
  readonly volume: Pick<Volume, 'admit' | 'requireWritable'>;
  readonly memory: MemoryShares;
  readonly clock: Clock;
  inBackground(work: Promise<unknown>): void;
}

/**
 * Accepts jobs into the queue; they are durable when this resolves. Repeating a request with the same key returns the first
 * answer, so a client that lost the answer can safely ask again.
 *
 * **Gotchas.** A request that is answered with a failure must never be in the queue. So everything that can fail comes before the
 * record, and once something is recorded, the answer waits for the disk, however long that takes.
 * @throws GlideinError NoSpace if it cannot be recorded now, InvalidExpression for an ad that does not parse, NotFound for an
 * input that is not in the spool, TooLarge or Unavailable if there is no memory for the jobs, TooLarge for a job that does not
 * fit into a message to a pilot
 */
export class Submission {
  readonly #pool: SubmittedTo;
  /** Answers that are under way: two requests with the same key share one. */
  readonly #pending = new Map<string, Promise<SubmitAnswer>>();

  constructor(pool: SubmittedTo) {
    this.#pool = pool;
  }

  /** @param bytes the size of the request */
  accept(request: SubmitRequest, owner: string, bytes: number): Promise<SubmitAnswer> {
    const key = keyOf(owner, request.key);
    const pending = this.#pending.get(key);
    if (pending !== undefined) return pending;
    const answer = this.#accept(request, { owner, key, bytes }).finally(() => this.#pending.delete(key));
    this.#pending.set(key, answer);
    return answer;
  }

  /** A request that was answered before needs no space, so it is looked up first. */
  async #accept(
    request: SubmitRequest,
    { owner, key, bytes }: { owner: string; key: string; bytes: number },
  ): Promise<SubmitAnswer> {
    const known = await this.#known(key);
    if (known !== undefined) return known;
    const { volume, ledger } = this.#pool;
    const procs = request.procs.length;
    const room = await volume.admit({ owner, bytes: mostOnDisk(bytes, procs) });
    const answer = await this.#queue(request, owner, key).catch(async (error) => {
      await room.end(0);
      throw error;
    });
    this.#pool.inBackground(ledger.folded().then(() => room.end(keptOnDisk(bytes, procs))));
    return answer;
  }

  async #queue(request: SubmitRequest, owner: string, key: string): Promise<SubmitAnswer> {
    const held = isHeld(request);
    const clean = normalized(request);
    const bytes = clusterBytes({ ad: clean.cluster }) + (await bytesOf(clean.procs));
    const { memory, queue } = this.#pool;
    const kept = () => ({ all: queue.bytes, owner: queue.bytesOf(owner) });
    // Checked now, before the expensive checks, and again below, where nothing can happen in between.
    requireMemory(memory, kept(), { procs: clean.procs.length, bytes });
    await checkAds(clean, owner);
    await this.#checkInputs(clean);
    requireMemory(memory, kept(), { procs: clean.procs.length, bytes });
    this.#pool.volume.requireWritable();
    this.#pool.queue.lastCluster += 1;
    const cluster = this.#pool.queue.lastCluster;
    const durable = this.#pool.ledger.record(this.#transition(clean, { owner, key, cluster, held }));
    // In the same turn, so that nothing is matched before it is held.
    if (!held && mayLimitInputs(clean)) this.#holdTooLarge(cluster);
    await durable;
    return { cluster, procs: request.procs.length };
  }

  #holdTooLarge(cluster: number): void {
    const { queue, ads, clock, ledger } = this.#pool;
    const inBackground = (work: Promise<unknown>) => this.#pool.inBackground(work);
    holdTooLarge({ queue, ads, clock, ledger, inBackground }, cluster);
  }

  async #known(key: string): Promise<SubmitAnswer | undefined> {
    const cluster = this.#pool.queue.clusterByKey(key);
    if (cluster !== undefined) return { cluster: cluster.id, procs: cluster.procs };
    const row = await this.#pool.store.clusterByKey(key);
    if (row === null) return undefined;
    return { cluster: row.cluster, procs: clusterFromRow(row).procs };
  }

  /** A job whose input is missing or has another size would otherwise fail later and elsewhere. */
  async #checkInputs(request: SubmitRequest): Promise<void> {
    const sizes = new Map<string, number>();
    for (const { inputs } of request.procs) {
      checkNames(inputs);
      for (const { digest, name, size, emptyFolder } of inputs) {
        if (emptyFolder === true) continue;
        const actual = sizes.get(digest) ?? (await this.#pool.blobs.size(digest));
        if (actual === undefined) {
          throw new GlideinError('NotFound', `the input file ${name} (${digest}) is not in the spool`, {
            cure: 'upload it first with PUT /v1/blobs/DIGEST',
          });
        }
        if (actual !== size) {
          throw new GlideinError(
            'InvalidArgument',
            `the input file ${name} has ${actual} bytes, not ${size}`,
          );
        }
        sizes.set(digest, actual);
      }
    }
  }

  #transition(
    request: SubmitRequest,
    { held, ...names }: { owner: string; key: string; cluster: number; held: boolean },
  ): Transition {
    return {
      type: 'submit',
      at: this.#pool.clock.wall(),
      ...names,
      ad: substituteCluster(request.cluster, names.cluster),
      procs: request.procs.map((proc) => withCluster(proc, names.cluster)),
      ...(held ? { hold: submittedOnHoldReason } : {}),
    };
  }
}

/** Bytes that a submit takes on the disk: the request in the journal and the write-ahead log, and a row per proc; until the fold both exist twice. */
const mostOnDisk = (bytes: number, procs: number): number => 4 * bytes + 2 * rowBytes * procs;
const keptOnDisk = (bytes: number, procs: number): number => bytes + rowBytes * procs;

/** Bytes of the row of a job without attributes of its own. */
const rowBytes = 400;

type Proc = SubmitRequest['procs'][number];

/** Procs whose memory is estimated before other requests get their turn. */
const slice = 10_000;

async function bytesOf(procs: readonly Proc[]): Promise<number> {
  let bytes = 0;
  for (const [index, { attributes, inputs }] of procs.entries()) {
    bytes += jobBytes({ attributes, inputs, outputs: [], attempts: [], hold: undefined });
    if (index % slice === slice - 1) await nextTurn();
  }
  return bytes;
}

/** Owner names may contain any character, so the separator is escaped in them: no two owners ever share a key. */
const keyOf = (owner: string, key: string): string => `${owner.replace(/[%/]/g, encodeURIComponent)}/${key}`;
