import type { ClaimRef } from '#wire/claim.ts';
import { maxMessageBytes } from '#wire/protocol.ts';
import type { Collector } from '../collector/collector.ts';
import { type Claimed, hasClaim, type Job } from '../jobs/job.ts';
import { StartPrinter } from '../jobs/start-message.ts';

interface StartSenderOptions {
  readonly collector: Collector;
  /** Called if the job was held or removed before its pilot could be told about the claim. */
  readonly neverSent: (job: Claimed) => void;
  /** Called if the job does not fit into a message, which can happen in queues of older versions: no pilot can ever run it. */
  readonly cannotBeSent: (job: Claimed, reason: string) => void;
}

/** Tells pilots to start jobs, once the claim is on the disk, and again if a pilot reconnects without knowing the claim. */
export class StartSender {
  readonly #options: StartSenderOptions;
  /** Claims that are not on the disk yet: no pilot may be told about them on any connection. */
  readonly #undurable = new Set<string>();

  readonly #printer = new StartPrinter();

  constructor(options: StartSenderOptions) {
    this.#options = options;
  }

  async sendWhen(durable: Promise<void>, job: Job, ref: ClaimRef): Promise<void> {
    this.#undurable.add(ref.id);
    await durable;
    this.#undurable.delete(ref.id);
    if (hasClaim(job) && job.claim.ref.id === ref.id && job.state !== 'Running') this.#options.neverSent(job);
    else this.#send(job, ref);
  }

  /** Sends a claim again. One that is not durable yet will be sent once it is, on the connection of that moment. */
  sendAgain(job: Job, ref: ClaimRef): void {
    if (!this.#undurable.has(ref.id)) this.#send(job, ref);
  }

  #send(job: Job, ref: ClaimRef): void {
    // Between the decision and its commit the job may have been removed.
    if (!hasClaim(job) || job.claim.ref.id !== ref.id) return;
    const connection = this.#options.collector.get(job.claim.pilotUid)?.connection;
    if (connection === undefined) return;
    const message = this.#printer.print(job, ref, job.claim.takes);
    const bytes = Buffer.byteLength(message);
    if (bytes <= maxMessageBytes) connection.sendPrinted(message);
    else
      this.#options.cannotBeSent(
        job,
        `a message may have at most ${maxMessageBytes} bytes, and this job takes ${bytes}`,
      );
  }
}
