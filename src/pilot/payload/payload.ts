import { open } from 'node:fs/promises';
import type { Timer } from '#base/clock.ts';
import { describeError, GlideinError } from '#base/error.ts';
import type { Logger } from '#telemetry/logger.ts';
import type { ClaimRef } from '#wire/claim.ts';
import type { Outcome } from '#wire/outcome.ts';
import type { Finished } from '#wire/pilot-messages.ts';
import type { Start, StopCause } from '#wire/pool-messages.ts';
import { containerArguments } from '../runtime/apptainer.ts';
import { ContainerProcess, type ProcessEnd } from '../runtime/container-process.ts';
import { exitOutcome } from '../runtime/exit.ts';
import { explainCommand } from '../runtime/explain-command.ts';
import { withMarker } from '../runtime/first-step.ts';
import { commandFailure, containerFailure } from '../runtime/start-failure.ts';
import { openGate, readWaitStatus, type WaitStatus } from '../runtime/wait-status.ts';
import { type ClaimDirectory, claimDirectory, removeClaimDirectory } from './claim-directory.ts';
import type { Claimed } from './claimed.ts';
import { deliver } from './deliver.ts';
import { type Ending, farewell } from './ending.ts';
import { MarkerWatch } from './marker-watch.ts';
import type { PayloadContext } from './payload-context.ts';
import { faultOf } from './payload-fault.ts';
import { closeAll, type Prepared, prepare } from './prepare.ts';
import type { PayloadWatch } from './resource-watch.ts';

/** Milliseconds for apptainer to bring the container up: an image on a dead file system hangs for ever. */
const startLimit = 300_000;

/** Bytes of stderr that are read to learn why a container did not start. */
const explanation = 16_384;

interface StopOptions {
  /** As `vacate` if absent. */
  readonly cause?: StopCause | undefined;
  readonly pilotLife?: number | undefined;
}

/**
 * One execution of a job.
 *
 * | state     | event                            | next                                              |
 * |-----------|----------------------------------|---------------------------------------------------|
 * | staging   | files, image, streams are ready  | starting: apptainer is spawned                    |
 * | staging   | cannot be                        | finished: startFailed, the job or the pilot       |
 * | starting  | marker appears                   | running: `onStarted`; bounded, then let through   |
 * | starting  | apptainer ends without a marker  | finished: startFailed                             |
 * | running   | apptainer ends, tree is gone     | returning: outputs, stdout, stderr are uploaded   |
 * | running   | takes more than it was given     | killed; finished: exceeded                        |
 * | returning | uploaded, or it never can be     | finished: exited, signalled or outputFailed       |
 * | staging, starting, running | `stop`          | signal, grace, SIGKILL; finished: stopped         |
 * | being stopped | `stop`, without grace    | SIGKILL                                           |
 * | apptainer has ended        | `stop`          | as if it had not come: the end stays what it was  |
 * | any       | `abandon`                        | killed at once; no result, nobody wants it        |
 */
export class Payload {
  readonly claim: ClaimRef;
  readonly directory: ClaimDirectory;
  readonly #start: Start;
  readonly #context: PayloadContext;
  readonly #logger: Logger;
  readonly #onStarted: () => void;
  /** Aborts staging. */
  readonly #halt = new AbortController();
  /** Aborts uploads. */
  readonly #abandoned = new AbortController();
  #stopReason: string | undefined;
  #pilotLife: number | undefined;
  /** How its job wants to be ended. */
  #ending: Ending | undefined;
  #process: ContainerProcess | undefined;
  #killTimer: Timer | undefined;
  #watch: PayloadWatch | undefined;
  /** Why the payload could not be let run. */
  #gateError: unknown;
  /** How the payload's own process ended. */
  #seen: WaitStatus | undefined;
  #startedAt: { readonly wall: number; readonly monotonic: number } | undefined;

  constructor(start: Start, context: PayloadContext, onStarted: () => void) {
    this.#start = start;
    this.#context = context;
    this.#onStarted = onStarted;
    this.claim = start.claim;
    this.directory = claimDirectory(context.directory, start.claim);
    this.#logger = context.logger.child({ job: start.job, claim: start.claim.id });
  }

  /** Epoch milliseconds at which the container came up. */
  get startedAt(): number | undefined {
    return this.#startedAt?.wall;
  }

  /** Runs the payload to its end. Undefined: it was abandoned. Does not throw. */
  async run(): Promise<Finished | undefined> {
    const { slotNumbers, gpuNumbers, slot } = this.#context;
    const { resources } = this.#start;
    const numbers = slotNumbers.take(1);
    const gpus = gpuNumbers.take(Math.ceil(resources.gpus));
    try {
      return await this.#run({ slot: `slot1_${numbers.join()}`, resources, gpus, pilot: slot });
    } finally {
      slotNumbers.giveBack(numbers);
      gpuNumbers.giveBack(gpus);
    }
  }

  async #run(claimed: Claimed): Promise<Finished | undefined> {
    let outcome: Outcome;
    let prepared: Prepared | undefined;
    try {
      prepared = await this.#unlessHalted(
        prepare(this.#start, claimed, this.directory, this.#context, this.#halt.signal),
      );
      outcome = await this.#execute(prepared);
    } catch (error) {
      outcome = this.#stopReason === undefined ? faultOf(error) : this.#stopped();
    }
    this.#killTimer?.cancel();
    this.#halt.abort();
    const endedAt = this.#context.clock.wall();
    const wallSeconds = this.#ranSeconds() ?? 0;
    if (this.#abandoned.signal.aborted) return undefined;
    const delivery = await deliver(outcome, this.directory, prepared, {
      uploader: this.#context.uploader,
      outputLists: this.#context.outputLists,
      signal: this.#abandoned.signal,
      logger: this.#logger,
    });
    if (delivery === undefined) return undefined;
    this.#logger.info({ outcome: delivery.outcome, wallSeconds }, 'payload ended');
    return {
      type: 'finished',
      claim: this.claim,
      ...delivery,
      ...(this.#startedAt === undefined ? {} : { startedAt: this.#startedAt.wall }),
      endedAt,
      usage: { wallSeconds, ...this.#watch?.usage(this.#seen) },
    };
  }

  /**
   * Ends the payload with the signal and the grace that its job asks for. What has ended already stays as it is, and what is
   * being ended too, unless the job is removed now and wants no grace then.
   * @param how why the pool stops it, and how long the pilot lives in seconds, when it has come to the end of its life
   */
  stop(reason: string, how: StopOptions = {}): void {
    const cause = how.cause ?? 'vacate';
    const { signal, grace } = farewell(this.#ending, cause, this.#context.grace);
    if (this.#stopReason !== undefined && cause === 'remove' && grace === 0) this.#kill();
    if (this.#stopReason !== undefined || this.#hasEnded) return;
    this.#stopReason = reason;
    this.#pilotLife = how.pilotLife;
    this.#halt.abort();
    // Apptainer cannot hand on what it cannot catch.
    if (signal === 'SIGKILL') this.#kill();
    else this.#process?.signal(signal);
    this.#killTimer = this.#context.clock.after(grace, () => this.#kill());
  }

  /** As `stop`, without grace. */
  kill(reason: string): void {
    if (this.#hasEnded && this.#stopReason === undefined) return;
    this.#stopReason ??= reason;
    this.#halt.abort();
    this.#kill();
  }

  get #hasEnded(): boolean {
    return this.#halt.signal.aborted || this.#process?.exited === true;
  }

  /** Kills the payload; `run` resolves when its last process is dead. */
  abandon(): void {
    this.#abandoned.abort();
    this.#stopReason ??= 'abandoned';
    this.#halt.abort();
    this.#kill();
  }

  /** Removes what the execution has on disk. */
  async remove(): Promise<void> {
    await removeClaimDirectory(this.directory).catch((error: unknown) => {
      this.#logger.warn({ problem: describeError(error) }, 'claim directory not removed');
    });
  }

  #kill(): void {
    this.#process?.kill().catch((error: unknown) => {
      this.#logger.error({ problem: describeError(error) }, 'payload not killed');
    });
  }

  #stopped(): Outcome {
    const outcome = { kind: 'stopped', reason: this.#stopReason ?? '' } as const;
    const ran = this.#ranSeconds();
    if (this.#pilotLife === undefined || ran === undefined) return outcome;
    return { ...outcome, endOfLife: { lifeSeconds: this.#pilotLife, ranSeconds: ran } };
  }

  /** Since the container came up. */
  #ranSeconds(): number | undefined {
    const begun = this.#startedAt?.monotonic;
    return begun === undefined ? undefined : (this.#context.clock.monotonic() - begun) / 1000;
  }

  /** Staging may wait for the pool without end; a stop does not wait for it. */
  #unlessHalted<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const onHalt = () => reject(new GlideinError('Unavailable', 'stopped before it began'));
      this.#halt.signal.addEventListener('abort', onHalt, { once: true });
      work.then(resolve, reject);
    });
  }

  async #execute(prepared: Prepared): Promise<Outcome> {
    const { clock } = this.#context;
    // Stopped between the last file and this instant: nothing may start that nobody would end.
    if (this.#halt.signal.aborted) {
      await closeAll(prepared.streams);
      return this.#stopped();
    }
    this.#ending = prepared.job.ending;
    let watch: MarkerWatch | undefined;
    const tooLate = clock.after(startLimit, () => {
      if (this.#startedAt === undefined) this.#kill();
    });
    try {
      watch = new MarkerWatch(this.directory.temporary, () => this.#appeared());
      const container = this.#spawn(prepared);
      this.#process = container;
      this.#watch = this.#watchOf(container, prepared);
      await closeAll(prepared.streams);
      return await this.#judge(await container.ended, watch, prepared.job.command[0] ?? '');
    } finally {
      await this.#overForSure();
      await this.#watch?.stop();
      tooLate.cancel();
      await watch?.result();
      await closeAll(prepared.streams);
    }
  }

  /** Whatever goes wrong on our side once something runs, nothing is told of it before that is dead. */
  async #overForSure(): Promise<void> {
    if (this.#process === undefined || this.#process.exited) return;
    this.#kill();
    await this.#process.ended.catch(() => undefined);
  }

  /** @throws whatever the system has against the command, such as E2BIG */
  #spawn({ job, image, streams: [stdin, stdout, stderr] }: Prepared): ContainerProcess {
    const { apptainer, guardian, clock } = this.#context;
    const args = containerArguments(apptainer.tier, {
      image,
      job: this.directory.job,
      work: this.directory.work,
      environmentFile: this.directory.environment,
      gpus: this.#start.resources.gpus > 0,
      command: withMarker(job.environment.get('HOME') ?? '/srv', job.command),
    });
    return new ContainerProcess(
      {
        file: apptainer.path,
        args,
        streams: [stdin.fd, stdout.fd, stderr.fd],
        guardian,
        directory: this.directory.root,
        onStuck: () =>
          this.#logger.error('processes of the payload withstand SIGKILL; it is not over before they are'),
      },
      clock,
    );
  }

  #watchOf({ pid }: ContainerProcess, { job }: Prepared): PayloadWatch | undefined {
    if (pid === undefined) return undefined;
    return this.#context.resources.watch({
      leader: pid,
      root: this.directory.root,
      resources: this.#start.resources,
      asked: job.asked,
      exceeded: () => this.#kill(),
    });
  }

  async #judge(end: ProcessEnd, watch: MarkerWatch, command: string): Promise<Outcome> {
    if (this.#gateError !== undefined) return faultOf(this.#gateError);
    if (this.#stopReason !== undefined) return this.#stopped();
    const marker = await watch.result();
    if (marker === 'absent') {
      return containerFailure(end.code, await beginningOf(this.directory.stderr, explanation));
    }
    if (marker === 'notExecuted') {
      return commandFailure(await explainCommand(command, end.code, this.directory.job));
    }
    this.#seen = await readWaitStatus(this.directory.temporary);
    const outcome = exitOutcome(end.code, end.signal, this.#seen);
    return (await this.#watch?.judge(outcome)) ?? outcome;
  }

  #appeared(): void {
    this.#startedAt = { wall: this.#context.clock.wall(), monotonic: this.#context.clock.monotonic() };
    this.#onStarted();
    this.#begin().catch((error: unknown) => {
      this.#gateError = error;
      this.#kill();
    });
  }

  /** Lets the payload run once it is bounded. */
  async #begin(): Promise<void> {
    await this.#watch?.bound();
    await openGate(this.directory.temporary);
  }
}

async function beginningOf(path: string, bytes: number): Promise<string> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(bytes), 0, bytes, 0);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}
