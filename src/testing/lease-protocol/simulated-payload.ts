import type { Clock } from '#base/clock.ts';
import type { NewPayload, PayloadLike } from '#pilot/payload/payloads.ts';
import type { ClaimRef } from '#wire/claim.ts';
import type { Outcome } from '#wire/outcome.ts';
import type { Finished } from '#wire/pilot-messages.ts';
import type { Start } from '#wire/pool-messages.ts';

/** One execution of a job, as a witness outside of everything sees it. */
export interface Execution {
  readonly number: number;
  readonly job: string;
  readonly claim: ClaimRef;
  readonly uid: string;
  /** Whether it ran to its end by itself. */
  exited: boolean;
}

export interface PayloadWitness {
  born(job: string, claim: ClaimRef, uid: string): Execution;
  died(execution: Execution): void;
}

interface Options {
  readonly clock: Clock;
  readonly random: () => number;
  readonly uid: string;
  readonly witness: PayloadWitness;
  /** Milliseconds that a payload runs at most. */
  readonly longest: number;
}

/** Milliseconds by the pilot's clock. A kill takes less than the margin that the shortest lease leaves for it. */
const most = { staging: 20_000, upload: 30_000, grace: 20_000, kill: 1_900 };

/** A payload without a container: it comes up, runs, is stopped or killed, and dies, all in the time of its pilot. */
export class SimulatedPayload implements PayloadLike {
  readonly directory: PayloadLike['directory'] = {} as PayloadLike['directory'];
  readonly fault = undefined;
  readonly place = undefined;
  startedAt: number | undefined;
  readonly #start: Start;
  readonly #options: Options;
  readonly #onStarted: () => void;
  readonly #done = Promise.withResolvers<Finished | undefined>();
  #execution: Execution | undefined;
  #stopReason: string | undefined;
  #abandoned = false;
  #ended = false;

  constructor(start: Start, options: Options, onStarted: () => void) {
    this.#start = start;
    this.#options = options;
    this.#onStarted = onStarted;
  }

  static maker(options: Options): NewPayload {
    return (start, _context, events) => new SimulatedPayload(start, options, () => events.started(0));
  }

  run(): Promise<Finished | undefined> {
    this.#after(this.#options.random() < 0.5 ? most.staging : most.staging / 50, () => this.#comeUp());
    return this.#done.promise;
  }

  /** It saves nothing, so there is nothing that a pool could refuse to keep. */
  notKept(): void {}

  stop(reason: string): void {
    if (this.#stopReason !== undefined || this.#ended) return;
    this.#stopReason = reason;
    this.#after(this.#execution === undefined ? 0 : most.grace, () => this.#die());
  }

  kill(reason: string): void {
    if (this.#ended) return;
    this.#stopReason ??= reason;
    this.#after(this.#execution === undefined ? 0 : most.kill, () => this.#die());
  }

  abandon(): void {
    this.#abandoned = true;
    if (this.#ended) this.#done.resolve(undefined);
    else this.kill('abandoned');
  }

  async remove(): Promise<void> {}

  #comeUp(): void {
    if (this.#stopReason !== undefined || this.#ended) return;
    const { clock, witness, uid, random, longest } = this.#options;
    this.#execution = witness.born(this.#start.job, this.#start.claim, uid);
    this.startedAt = clock.wall();
    this.#onStarted();
    // Short ones and long ones.
    const length = random() < 0.3 ? longest / 10 : longest;
    this.#after(length, () => {
      if (this.#execution !== undefined) this.#execution.exited = this.#stopReason === undefined;
      this.#die();
    });
  }

  /** The last process is dead; what it leaves is uploaded. */
  #die(): void {
    if (this.#ended) return;
    this.#ended = true;
    if (this.#execution !== undefined) this.#options.witness.died(this.#execution);
    const endedAt = this.#options.clock.wall();
    this.#after(this.#stopReason === undefined ? most.upload : 0, () =>
      this.#done.resolve(this.#abandoned ? undefined : this.#result(endedAt)),
    );
  }

  /** Names the execution by its seconds, so that a record of it can be told from that of another. */
  #result(endedAt: number): Finished {
    const { claim } = this.#start;
    const outcome: Outcome =
      this.#stopReason === undefined
        ? { kind: 'exited', exitCode: 0 }
        : { kind: 'stopped', reason: this.#stopReason };
    const wallSeconds = this.#execution?.number ?? 0;
    return {
      type: 'finished',
      claim,
      outcome,
      endedAt,
      usage: { wallSeconds },
      outputs: [],
      ...(this.startedAt === undefined ? {} : { startedAt: this.startedAt }),
    };
  }

  #after(most: number, run: () => void): void {
    this.#options.clock.after(most * this.#options.random(), run);
  }
}
