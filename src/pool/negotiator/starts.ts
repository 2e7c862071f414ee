import type { ClaimRef } from '#wire/claim.ts';
import type { Collector } from '../collector/collector.ts';
import { type Claimed, hasClaim, type Job, jobName } from '../queue/job.ts';
import type { JobAds } from '../queue/job-ads.ts';

interface StartsOptions {
  readonly ads: JobAds;
  readonly collector: Collector;
  /** The job was held or removed before its pilot could hear of the claim. */
  readonly neverSent: (job: Claimed) => void;
}

/** Tells pilots to start jobs: after the claim is on the disk, and again when a pilot comes back without having heard. */
export class Starts {
  readonly #options: StartsOptions;
  /** Claims that are not on the disk yet: no pilot may hear of them, on no connection. */
  readonly #undurable = new Set<string>();

  constructor(options: StartsOptions) {
    this.#options = options;
  }

  async sendWhen(durable: Promise<void>, job: Job, ref: ClaimRef): Promise<void> {
    this.#undurable.add(ref.id);
    await durable;
    this.#undurable.delete(ref.id);
    if (hasClaim(job) && job.claim.ref.id === ref.id && job.state !== 'Running') this.#options.neverSent(job);
    else this.#send(job, ref);
  }

  /** One that is not durable yet goes out when it is, to the connection of that moment. */
  sendAgain(job: Job, ref: ClaimRef): void {
    if (!this.#undurable.has(ref.id)) this.#send(job, ref);
  }

  #send(job: Job, ref: ClaimRef): void {
    const { ads, collector } = this.#options;
    const claim = job.claim;
    // Between the decision and its commit the job may have been removed.
    if (claim === undefined || claim.ref.id !== ref.id) return;
    collector.get(claim.pilotUid)?.connection?.send({
      type: 'start',
      claim: ref,
      job: jobName(job),
      ad: ads.submitted(job).toTexts(),
      inputs: [...job.inputs],
      resources: claim.takes,
    });
  }
}
