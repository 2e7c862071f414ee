import type { Timer } from '#base/clock.ts';
import { describeError, GlideinError } from '#base/error.ts';
import { holdCodes } from '#base/hold-codes.ts';
import type { Logger } from '#telemetry/logger.ts';
import type { Checkpoint } from '#wire/checkpoint.ts';
import type { ClaimRef } from '#wire/claim.ts';
import type { Outcome } from '#wire/outcome.ts';
import type { Finished } from '#wire/pilot-messages.ts';
import type { Start, StopCause } from '#wire/pool-messages.ts';
import type { SessionPlace } from '../session/sessions.ts';
import type { WarmContainer } from '../warm/warm-container.ts';
import { Checkpoints } from './checkpoints.ts';
import { isCheckpoint, isOrderly } from './claim/checkpoint-wish.ts';
import { type ClaimDirectory, claimDirectory, makeStreams, scratch } from './claim/claim-directory.ts';
import type { ClaimedSlot } from './claim/claimed-slot.ts';
import type { FaultClass } from './claim/fault-class.ts';
import { faultClassOf, faultOf, PayloadFault, subcodeOf } from './claim/payload-fault.ts';
import { howToStop, type StopWishes } from './claim/stop-wishes.ts';
import { deliver } from './end/deliver.ts';
import { Execution } from './execution.ts';
import type { PayloadContext } from './payload-context.ts';
import { PayloadSpans } from './payload-spans.ts';
import { Runs } from './runs.ts';
import { type Prepared, prepare } from './start/prepare.ts';
import { renewClaimDirectory } from './start/renew-directory.ts';

/** What a payload tells its pilot. */
export interface PayloadEvents {
  /** Its container came up in so many seconds; once, however often it goes on from a checkpoint. */
  started(containerSeconds: number): void;
  /** It has saved its work, and the files are in the pool's spool. */
  checkpointed(checkpoint: Checkpoint): void;
}

/** Milliseconds that a stopped payload's directory waits for what is still being put into it. */
const stagingPatience = 10_000;

interface StopOptions {
  /** Default: `vacate`. */
  readonly cause?: StopCause | undefined;
  /** How many seconds the pilot lives, if it stops the payload because it has come to the end of its life. */
  readonly pilotLife?: number | undefined;
}

/**
 * One payload: it is prepared (`start/`), executed (`execution.ts`) while it is watched (`watch/`), and delivered
 * (`end/`).
 *
 * | state                      | event                            | next                                               |
 * |----------------------------|----------------------------------|----------------------------------------------------|
 * | staging                    | files, image, streams are ready  | starting: apptainer is spawned                     |
 * | staging                    | they cannot be made ready        | finished: startFailed, by the job or the pilot     |
 * | starting                   | the marker appears               | running: `onStarted`; bounded, then let through    |
 * | starting                   | apptainer ends without a marker  | finished: startFailed                              |
 * | running                    | apptainer ends, its tree is gone | returning: outputs, stdout, stderr are uploaded    |
 * | running                    | it ends as its job does after saving its work | saving: those files are uploaded, and the pool is told |
 * | saving                     | done, or impossible              | starting again, in the same directory              |
 * | running                    | it takes more than it was given  | killed; finished: exceeded                         |
 * | returning                  | uploaded, or it can never be     | finished: exited, signalled or outputFailed        |
 * | staging, starting, running, saving | `stop`                   | signal, grace, SIGKILL; finished: stopped          |
 * | being stopped              | `stop` without grace             | SIGKILL                                            |
 * | apptainer has ended        | `stop`                           | nothing: the payload has ended as it has           |
 * | any                        | `abandon`                        | killed at once; no result, because nobody wants it |
 *
 * **Gotchas.** A payload has ended when the last process of its tree is dead, not when apptainer exits: whoever is told of
 * the end may start the job elsewhere. What comes between the two does not change how it ended.
 */
export class Payload {
  readonly claim: ClaimRef;
  readonly directory: ClaimDirectory;
  readonly #start: Start;
  readonly #context: PayloadContext;
  readonly #logger: Logger;
  readonly #events: PayloadEvents;
  /** Aborts staging. */
  readonly #halt = new AbortController();
  /** Aborts uploads. */
  readonly #abandoned = new AbortController();
  /**
   * Aborted when nobody needs what the job saves: it was removed, or its lease is lost, and the pool may have given it to another pilot.
   */
  readonly #unneeded = new AbortController();
  #stopReason: string | undefined;
  #pilotLife: number | undefined;
  /** Undefined until the job has been read. */
  #wishes: StopWishes | undefined;
  #killTimer: Timer | undefined;
  /** Undefined also while what the job has saved is uploaded, before it goes on: a stop that comes then keeps it from going on. */
  #execution: Execution | undefined;
  /** Settles when nothing is put into the directory any more, which may be after a stop. */
  #staging: Promise<unknown> | undefined;
  readonly #spans: PayloadSpans;
  readonly #runs = new Runs();
  readonly #checkpoints: Checkpoints;
  #fault: FaultClass | undefined;

  constructor(start: Start, context: PayloadContext, events: PayloadEvents) {
    this.#start = start;
    this.#context = context;
    this.#events = events;
    this.claim = start.claim;
    this.directory = claimDirectory(context.directory, start.claim);
    this.#spans = new PayloadSpans(start, context);
    const { traceId } = this.#spans;
    this.#logger = context.logger.child({
      job: start.job,
      claim: start.claim.id,
      ...(traceId !== undefined && { trace_id: traceId }),
    });
    this.#checkpoints = new Checkpoints({
      last: start.checkpoint?.number,
      directory: this.directory,
      context,
      logger: this.#logger,
      unneeded: this.#unneeded.signal,
      saved: (checkpoint) => events.checkpointed(checkpoint),
    });
  }

  /** Epoch milliseconds at which the container came up. */
  get startedAt(): number | undefined {
    return this.#runs.startedAt ?? this.#execution?.startedAt;
  }

  /** Where a session can be opened; undefined: nowhere, because it does not run now. */
  get place(): SessionPlace | undefined {
    return this.#execution?.place;
  }

  /** What kept it from starting, if anything did. */
  get fault(): FaultClass | undefined {
    return this.#fault;
  }

  /** The pool does not keep what the job has saved. */
  notKept(problem: string): void {
    this.#checkpoints.failed(problem);
  }

  /** Runs the payload to its end. Undefined: it was abandoned. Does not throw. */
  async run(): Promise<Finished | undefined> {
    const { slotNumbers, gpuNumbers, slot, deadline, discover, apptainer } = this.#context;
    const { resources } = this.#start;
    const numbers = slotNumbers.take(1);
    const gpus = gpuNumbers.take(Math.ceil(resources.gpus));
    try {
      return await this.#run({
        slot: `slot1_${numbers.join()}`,
        resources,
        gpus,
        scratch: apptainer === undefined ? this.directory.job : scratch,
        pilot: slot(),
        deadline: deadline.at,
        services: discover({ gpus, slotNumber: numbers[0] ?? 1 }),
        traceParent: this.#spans.traceParent,
      });
    } finally {
      slotNumbers.giveBack(numbers);
      gpuNumbers.giveBack(gpus);
    }
  }

  async #run(claimed: ClaimedSlot): Promise<Finished | undefined> {
    let outcome: Outcome;
    let prepared: Prepared | undefined;
    try {
      const staging = prepare(this.#start, claimed, this.directory, this.#context, this.#halt.signal);
      this.#staging = staging.catch(() => undefined);
      prepared = await this.#spans.step('stage in', this.#unlessHalted(staging));
      outcome = await this.#execute(prepared);
    } catch (error) {
      this.#fault = faultClassOf(error);
      outcome = this.#stopped() ?? faultOf(error);
    }
    this.#killTimer?.cancel();
    this.#halt.abort();
    this.#context.deadline.close(this.directory.job);
    await prepared?.release();
    return await this.#deliver(outcome, prepared);
  }

  /** Executes the payload, and again each time that it has saved its work. */
  async #execute(prepared: Prepared): Promise<Outcome> {
    this.#wishes = prepared.job.stopWishes;
    for (;;) {
      const warm = await this.#findWarm(prepared);
      const stopped = this.#stopped();
      // Stopped between the last file and this instant: nothing may start that nobody would end.
      if (stopped !== undefined) return stopped;
      const execution = this.#executionOf(prepared, warm);
      this.#execution = execution;
      const outcome = await this.#spans.executing(execution);
      this.#runs.add(execution);
      if (!(await this.#goesOn(execution, outcome, prepared))) return outcome;
      await this.#renew(prepared);
    }
  }

  /** Saves what the job has to save. @returns whether the payload is to be executed again */
  async #goesOn({ end }: Execution, outcome: Outcome, prepared: Prepared): Promise<boolean> {
    const { checkpoints } = prepared.job;
    const isSaved = isCheckpoint(checkpoints, end);
    if (this.#stopReason !== undefined) {
      if (!this.#unneeded.signal.aborted && (isSaved || (checkpoints.atStop && isOrderly(end))))
        await this.#checkpoints.save(prepared, isSaved);
      return false;
    }
    if (!isSaved || outcome !== end) return false;
    this.#execution = undefined;
    await this.#checkpoints.save(prepared, true);
    await this.#checkpoints.pause(this.#halt.signal);
    return true;
  }

  async #renew({ job }: Prepared): Promise<void> {
    await renewClaimDirectory(this.directory);
    try {
      makeStreams(this.directory, job.stdin);
    } catch (error) {
      const reason = `the job has spoiled its standard input: ${describeError(error)}`;
      throw new PayloadFault('job', holdCodes.openInput, reason, subcodeOf(error).subcode);
    }
  }

  /** Undefined: the payload gets a fresh container; also when it was stopped meanwhile. */
  async #findWarm({ job, image, mounts, gpus }: Prepared): Promise<WarmContainer | undefined> {
    const { warm, images, network } = this.#context;
    if (warm === undefined || gpus !== undefined || network === 'None') return undefined;
    const name = job.image ?? images.default ?? image;
    return await this.#unlessHalted(warm.find({ image, mounts }, name)).catch(() => undefined);
  }

  #executionOf(prepared: Prepared, warm: WarmContainer | undefined): Execution {
    const isFirst = this.startedAt === undefined;
    return new Execution({
      prepared,
      warm,
      directory: this.directory,
      resources: this.#start.resources,
      context: this.#context,
      logger: this.#logger,
      onStarted: (seconds) => {
        if (isFirst) this.#events.started(seconds);
      },
      stopped: () => this.#stopped(),
    });
  }

  async #deliver(outcome: Outcome, prepared: Prepared | undefined): Promise<Finished | undefined> {
    const endedAt = this.#context.clock.wall();
    const wallSeconds = this.#runs.seconds ?? 0;
    const startedAt = this.startedAt;
    if (this.#abandoned.signal.aborted) {
      this.#spans.ended(undefined);
      return undefined;
    }
    const delivering = deliver(outcome, this.directory, prepared, {
      uploader: this.#context.uploader,
      outputLists: this.#context.outputLists,
      mostOutputs: this.#context.mostOutputs,
      transfers: this.#context.transfers,
      transferLimit: this.#context.transferLimit,
      clock: this.#context.clock,
      signal: this.#abandoned.signal,
      logger: this.#logger,
    });
    const delivery = await this.#spans.step('stage out', delivering);
    this.#spans.ended(delivery?.outcome);
    if (delivery === undefined) return undefined;
    this.#logger.info({ outcome: delivery.outcome, wallSeconds }, 'payload ended');
    const left = [...(delivery.left ?? []), ...this.#checkpoints.left];
    return {
      type: 'finished',
      claim: this.claim,
      ...delivery,
      ...(left.length === 0 ? {} : { left }),
      ...(startedAt === undefined ? {} : { startedAt }),
      endedAt,
      usage: { wallSeconds, ...this.#runs.usage },
    };
  }

  /**
   * Stops the payload with the signal and the grace that its job asks for. A payload that has ended stays as it ended;
   * one that is being stopped goes on ending, unless its job is now removed and wants no grace for that.
   */
  stop(reason: string, { cause = 'vacate', pilotLife }: StopOptions = {}): void {
    const { signal, grace } = howToStop(this.#wishes, cause, this.#context.grace);
    if (this.#stopReason !== undefined && cause === 'remove' && grace === 0) this.#kill();
    if (cause === 'remove') this.#unneeded.abort();
    if (this.#stopReason !== undefined || this.#hasEnded) return;
    this.#stopReason = reason;
    this.#pilotLife = pilotLife;
    this.#halt.abort();
    // Apptainer cannot pass on a signal that it cannot catch.
    if (signal === 'SIGKILL') this.#kill();
    else this.#execution?.signal(signal);
    this.#killTimer = this.#context.clock.after(grace, () => this.#kill());
  }

  /** Stops the payload without grace. */
  kill(reason: string): void {
    this.#unneeded.abort();
    if (this.#hasEnded && this.#stopReason === undefined) return;
    this.#stopReason ??= reason;
    this.#halt.abort();
    this.#kill();
  }

  /** Kills the payload, whose result nobody wants; `run` resolves when its last process is dead. */
  abandon(): void {
    this.#abandoned.abort();
    this.#unneeded.abort();
    this.#stopReason ??= 'abandoned';
    this.#halt.abort();
    this.#kill();
  }

  /** Removes what the payload has on disk. */
  async remove(): Promise<void> {
    await this.#staged();
    await this.#context.launcher.remove(this.directory.root).catch((error: unknown) => {
      this.#logger.warn({ problem: describeError(error) }, 'claim directory not removed');
    });
  }

  /** Waits for staging that a stop has cut off, and would make the directory again; but not for ever: a file system may hang. */
  async #staged(): Promise<void> {
    const late = Promise.withResolvers<void>();
    const timer = this.#context.clock.after(stagingPatience, late.resolve);
    await Promise.race([this.#staging, late.promise]);
    timer.cancel();
  }

  #kill(): void {
    this.#execution?.kill();
  }

  get #hasEnded(): boolean {
    return this.#halt.signal.aborted || this.#execution?.exited === true;
  }

  /** The outcome of a payload that was stopped; undefined: it was not. */
  #stopped(): Outcome | undefined {
    if (this.#stopReason === undefined) return undefined;
    const outcome = { kind: 'stopped', reason: this.#stopReason } as const;
    const ranSeconds = this.#ranSeconds;
    if (this.#pilotLife === undefined || ranSeconds === undefined) return outcome;
    return { ...outcome, endOfLife: { lifeSeconds: this.#pilotLife, ranSeconds } };
  }

  /** Seconds since the first container came up, without those between two of them. */
  get #ranSeconds(): number | undefined {
    const now = this.#runs.isCounted(this.#execution) ? undefined : this.#execution?.ranSeconds;
    if (now === undefined) return this.#runs.seconds;
    return (this.#runs.seconds ?? 0) + now;
  }

  /** Staging may wait for the pool without end; a stop does not wait for staging. */
  #unlessHalted<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const onHalt = () => reject(new GlideinError('Unavailable', 'the payload was stopped before it began'));
      this.#halt.signal.addEventListener('abort', onHalt, { once: true });
      work.then(resolve, reject);
    });
  }
}
