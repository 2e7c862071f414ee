import type { Clock } from '#base/clock.ts';
import type { Resources } from '#match/resources.ts';
import type { Logger } from '#telemetry/logger.ts';
import type { ClaimRef } from '#wire/claim.ts';
import type { Finished } from '#wire/pilot-messages.ts';
import type { Start } from '#wire/pool-messages.ts';
import type { Collector } from '../collector/collector.ts';
import type { Pilot } from '../collector/pilot.ts';
import { keyOf } from '../queue/apply.ts';
import { type Claim, type Job, jobName } from '../queue/job.ts';
import type { JobAds } from '../queue/job-ads.ts';
import type { Ledger } from '../queue/ledger.ts';
import { nextState } from '../queue/next-state.ts';
import type { Queue } from '../queue/queue.ts';
import type { JobKey } from '../queue/transition.ts';

interface ClaimsOptions {
  readonly generation: string;
  readonly queue: Queue;
  readonly ledger: Ledger;
  readonly ads: JobAds;
  readonly collector: Collector;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * The life of claims. Every step is durable before anybody outside hears of it, and a message about a claim that is
 * not its job's newest changes nothing but the record of that attempt.
 */
export class Claims {
  readonly #options: ClaimsOptions;

  constructor(options: ClaimsOptions) {
    this.#options = options;
  }

  /** Gives an idle job to a pilot and tells the pilot once that is durable. */
  grant(job: Job, pilot: Pilot, takes: Resources): void {
    const { generation, ledger, clock } = this.#options;
    const epoch = job.epoch + 1;
    const ref: ClaimRef = { generation, id: `${jobName(job)}.${epoch}`, epoch };
    pilot.take(ref.id, takes);
    const { uid, name, group } = pilot.facts;
    const durable = ledger.record({
      type: 'claim',
      at: clock.wall(),
      job: keyOf(job),
      claim: ref,
      pilot: { uid, name, group },
      takes,
    });
    void durable.then(() => this.#sendStart(job, ref));
  }

  /** The payload runs. */
  started(pilot: Pilot, ref: ClaimRef, at: number): void {
    const job = this.#current(pilot, ref);
    if (job === undefined) return;
    void this.#options.ledger.record({ type: 'start', at, job: keyOf(job), epoch: ref.epoch });
  }

  /** The execution is over; the pilot hears `recorded` when that is durable, however often it says so. */
  async finished(pilot: Pilot, message: Finished): Promise<void> {
    const { ledger, clock, ads } = this.#options;
    const job = this.#current(pilot, message.claim);
    if (job === undefined) {
      await this.#late(message);
    } else {
      const { outcome, startedAt, endedAt, usage, outputs, stdout, stderr } = message;
      const next = nextState(job, ads.atEnd(job, outcome), outcome);
      const result = { outcome, startedAt, endedAt, usage, outputs, stdout, stderr };
      const at = clock.wall();
      const durable = ledger.record({
        type: 'end',
        at,
        job: keyOf(job),
        epoch: message.claim.epoch,
        result,
        next,
      });
      this.#release(pilot.facts.uid, message.claim.id);
      await durable;
    }
    pilot.connection?.send({ type: 'recorded', claim: message.claim });
  }

  /** Ends the claim of a removed or held job: its payload is to be stopped. Call when the transition is durable. */
  revoke(claim: Claim, reason: string): void {
    this.#release(claim.pilotUid, claim.ref.id);
    this.#options.collector.get(claim.pilotUid)?.connection?.send({ type: 'stop', claim: claim.ref, reason });
  }

  /** A pilot is dead or silent beyond its lease: its jobs run again. Resolves when that is durable. */
  async lose(pilotUid: string, reason: string): Promise<number> {
    const { queue, ledger, clock, logger } = this.#options;
    const lost = [...queue.inState('Running')].filter((job) => job.claim?.pilotUid === pilotUid);
    const at = clock.wall();
    const records = lost.map((job) =>
      ledger.record({ type: 'lost', at, job: keyOf(job), epoch: job.epoch, reason }),
    );
    if (lost.length > 0) logger.warn({ pilot: pilotUid, jobs: lost.map(jobName), reason }, 'claims lost');
    await Promise.all(records);
    return lost.length;
  }

  /**
   * Compares what a (re)connected pilot holds with what the pool knows.
   * @returns the claims that the pilot must drop; claims that it never heard of are sent again
   */
  reconcile(pilot: Pilot, held: readonly ClaimRef[]): { drop: readonly ClaimRef[]; resend: () => void } {
    const { queue } = this.#options;
    const mine = [...queue.inState('Running')].filter((job) => job.claim?.pilotUid === pilot.facts.uid);
    for (const job of mine) if (job.claim !== undefined) pilot.take(job.claim.ref.id, job.claim.takes);
    const heldIds = new Set(held.map((ref) => ref.id));
    const unheard = mine.filter((job) => job.claim !== undefined && !heldIds.has(job.claim.ref.id));
    return {
      drop: held.filter((ref) => this.#current(pilot, ref) === undefined),
      resend: () => {
        for (const job of unheard) if (job.claim !== undefined) this.#sendStart(job, job.claim.ref);
      },
    };
  }

  #sendStart(job: Job, ref: ClaimRef): void {
    const claim = job.claim;
    // Between the decision and its commit the job may have been removed.
    if (claim === undefined || claim.ref.id !== ref.id) return;
    const message: Start = {
      type: 'start',
      claim: ref,
      job: jobName(job),
      ad: this.#options.ads.submitted(job).toTexts(),
      inputs: [...job.inputs],
      resources: claim.takes,
    };
    this.#options.collector.get(claim.pilotUid)?.connection?.send(message);
  }

  /** The job that this claim of this pilot is good for; undefined when the claim is over. */
  #current(pilot: Pilot, ref: ClaimRef): Job | undefined {
    if (ref.generation !== this.#options.generation) return undefined;
    const job = this.#options.queue.claimed(ref.id);
    return job?.claim?.pilotUid === pilot.facts.uid ? job : undefined;
  }

  async #late({ claim, outcome }: Finished): Promise<void> {
    const { queue, ledger, clock, generation } = this.#options;
    const key = jobOfClaim(claim.id);
    const job = key === undefined || claim.generation !== generation ? undefined : queue.find(key);
    const attempt = job?.attempts.find(({ epoch }) => epoch === claim.epoch);
    if (job === undefined || attempt === undefined || attempt.outcome !== undefined) return;
    await ledger.record({ type: 'late', at: clock.wall(), job: keyOf(job), epoch: claim.epoch, outcome });
  }

  #release(pilotUid: string, claimId: string): void {
    this.#options.collector.get(pilotUid)?.giveBack(claimId, this.#options.clock.monotonic());
  }
}

/** Claim ids are `CLUSTER.PROC.EPOCH`. */
function jobOfClaim(id: string): JobKey | undefined {
  const match = /^(\d+)\.(\d+)\.\d+$/.exec(id);
  return match === null ? undefined : { cluster: Number(match[1]), proc: Number(match[2]) };
}
