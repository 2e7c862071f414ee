import type { Clock } from '#base/clock.ts';
import type { ClaimRef } from '#wire/claim.ts';
import { maxMessageBytes } from '#wire/protocol.ts';
import type { Pilot } from '../collector/pilot.ts';
import { type Claimed, hasClaim, type Job } from '../jobs/job.ts';
import { StartPrinter } from '../jobs/start-message.ts';

interface StartSenderOptions {
  /** Called if the job was held or removed before its pilot could be told about the claim. */
  readonly neverSent: (job: Claimed) => void;
  readonly clock: Pick<Clock, 'monotonic'>;
  /** Runs something after other work has had its turn. */
  readonly later: (run: () => void) => void;
  /** Runs work that nobody awaits; a failure is logged. */
  readonly inBackground: (work: Promise<unknown>) => void;
  /** Called if the job does not fit into a message, which can happen in queues of older versions: no pilot can ever run it. */
  readonly cannotBeSent: (job: Claimed, reason: string) => void;
  /** The span of the execution, as a `traceparent`; undefined: no pool's span stands for it. */
  readonly traceOf?: ((job: Claimed) => string) | undefined;
}

export interface Start {
  readonly job: Job;
  readonly ref: ClaimRef;
  /** The pilot of the claim. If it is gone it has no connection, and the claim is over. */
  readonly pilot: Pick<Pilot, 'connection'>;
}

/** The most bytes of UTF-8 for one unit of UTF-16: short messages need not be counted. */
const mostBytesEach = 3;

/** Milliseconds of sending before other work gets its turn. */
const slice = 10;

/** Tells pilots to start jobs, once the claim is on the disk, and again if a pilot reconnects without knowing the claim. */
export class StartSender {
  readonly #options: StartSenderOptions;
  /** Claims that are not on the disk yet, or wait for their turn: no pilot may be told about them on any connection. */
  readonly #unsent = new Set<ClaimRef>();
  /** The claims that became durable, oldest first, from {@link #next} on. */
  #due: Start[] = [];
  #next = 0;
  /** The claims that become durable next, all at once. */
  #coming: { readonly durable: Promise<void>; readonly starts: Start[] } | undefined;
  readonly #printer = new StartPrinter();

  constructor(options: StartSenderOptions) {
    this.#options = options;
  }

  /** Tells the pilot of the job once `durable` has resolved. Thousands of claims may become durable at once, so they take turns. */
  sendWhen(durable: Promise<void>, start: Start): void {
    this.#unsent.add(start.ref);
    if (this.#coming?.durable !== durable) {
      const starts: Start[] = [];
      this.#coming = { durable, starts };
      this.#options.inBackground(durable.then(() => this.#take(starts)));
    }
    this.#coming.starts.push(start);
  }

  /** Sends a claim again. One that was not sent yet will be sent in its turn, on the connection of that moment. */
  sendAgain(start: Start): void {
    if (!this.#unsent.has(start.ref)) this.#send(start);
  }

  #take(starts: readonly Start[]): void {
    const isUnderWay = this.#due.length > 0;
    for (const start of starts) this.#due.push(start);
    if (!isUnderWay) this.#sendSome();
  }

  #sendSome(): void {
    const { clock, later } = this.#options;
    const began = clock.monotonic();
    for (let start = this.#due[this.#next]; start !== undefined; start = this.#due[this.#next]) {
      this.#next += 1;
      this.#sendFirst(start);
      if (clock.monotonic() - began < slice) continue;
      later(() => this.#sendSome());
      return;
    }
    this.#due = [];
    this.#next = 0;
  }

  #sendFirst(start: Start): void {
    const { job, ref } = start;
    this.#unsent.delete(ref);
    if (hasClaim(job) && job.claim.ref === ref && job.state !== 'Running') this.#options.neverSent(job);
    else this.#send(start);
  }

  #send({ job, ref, pilot: { connection } }: Start): void {
    // Between the decision and its commit the job may have been removed.
    if (!hasClaim(job) || job.claim.ref !== ref || connection === undefined) return;
    const trace = this.#options.traceOf?.(job);
    const message = this.#printer.print(job, ref, job.claim.takes, trace);
    const bytes = message.length * mostBytesEach > maxMessageBytes ? Buffer.byteLength(message) : 0;
    if (bytes <= maxMessageBytes) connection.sendPrinted(message);
    else
      this.#options.cannotBeSent(
        job,
        `a message may have at most ${maxMessageBytes} bytes, and this job takes ${bytes}`,
      );
  }
}
