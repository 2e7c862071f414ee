import { statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import type { SignalName } from '#base/signals.ts';
import type { Logger } from '#telemetry/logger.ts';
import type { Outcome, Usage } from '#wire/outcome.ts';
import type { Start } from '#wire/pool-messages.ts';
import {
  ContainerProcess,
  type OuterProcess,
  type ProcessEnd,
  yieldToPilot,
} from '../runtime/container-process.ts';
import { requireServed } from '../runtime/served-directory.ts';
import { closeGate, openGate, readWaitStatus, type WaitStatus } from '../runtime/wait-status.ts';
import type { SessionPlace } from '../session/sessions.ts';
import type { EnteredPayload, WarmContainer } from '../warm/warm-container.ts';
import type { ClaimDirectory } from './claim/claim-directory.ts';
import { faultOf } from './claim/payload-fault.ts';
import { exitOutcome } from './end/exit-outcome.ts';
import { enterWarm, homeOf, makeReadyForWarm, namespaceBounds, startFresh, whyNotEntered } from './launch.ts';
import type { PayloadContext } from './payload-context.ts';
import { explainCommand } from './start/explain-command.ts';
import { MarkerWatch } from './start/marker-watch.ts';
import type { Prepared } from './start/prepare.ts';
import { commandFailure, containerFailure } from './start/start-failure.ts';
import type { PayloadWatch } from './watch/resource-watch.ts';

/** Milliseconds in which apptainer must bring the container up: an image on a dead file system hangs for ever. */
const startLimit = 300_000;

const noGuardian = { add: () => {}, drop: () => {} };

/** Bytes of stderr that are read to learn why a container did not start. */
const explanation = 16_384;

/** No payload can reach the process outside of its container: whoever killed that has killed a good job, perhaps. */
const killedOutside: Outcome = {
  kind: 'stopped',
  reason: 'the container of the job was killed, and not by the job',
};

export interface ExecutionOptions {
  readonly prepared: Prepared;
  readonly directory: ClaimDirectory;
  readonly resources: Start['resources'];
  readonly context: Pick<
    PayloadContext,
    'apptainer' | 'network' | 'guardian' | 'launcher' | 'resources' | 'clock' | 'warm'
  >;
  /** A container to enter. If that fails, or without one, the payload gets a fresh one. */
  readonly warm: WarmContainer | undefined;
  readonly logger: Logger;
  /** The container came up. @param seconds that it took, without staging */
  readonly onStarted: (seconds: number) => void;
  /** How the payload ends if somebody has stopped it; undefined: nobody has. */
  readonly stopped: () => Outcome | undefined;
}

/** The container of one payload, from its start until its last process is dead. */
export class Execution {
  readonly #options: ExecutionOptions;
  /** The payload enters a warm container, or is in it: it may still get a fresh one. */
  #isEntering = false;
  #process: ContainerProcess | undefined;
  /** The outer processes of the sessions in it. */
  readonly #guests = new Set<number>();
  #watch: PayloadWatch | undefined;
  #exitCode: number | null = null;
  /** A signal that came while the process was being made. */
  #missed: SignalName | undefined;
  /** Why the payload could not be let through its gate. */
  #gateError: unknown;
  /** How the payload's own process ended, as its parent saw it. */
  #waitStatus: WaitStatus | undefined;
  #end: Outcome | undefined;
  /** Monotonic milliseconds. */
  #begunAt = 0;
  #startedAt: { readonly wall: number; readonly monotonic: number } | undefined;

  constructor(options: ExecutionOptions) {
    this.#options = options;
  }

  /** Epoch milliseconds at which the container came up. */
  get startedAt(): number | undefined {
    return this.#startedAt?.wall;
  }

  /** Seconds since the container came up. */
  get ranSeconds(): number | undefined {
    const begun = this.#startedAt?.monotonic;
    return begun === undefined ? undefined : (this.#options.context.clock.monotonic() - begun) / 1000;
  }

  /** How the payload itself has ended, also if somebody has stopped it; undefined if that is not known. */
  get end(): Outcome | undefined {
    return this.#end;
  }

  /**
   * Whether the container's outer process has ended; what it left behind may still be dying. One that could not enter a warm
   * container is followed by another.
   */
  get exited(): boolean {
    return this.#process?.exited === true && (!this.#isEntering || this.#startedAt !== undefined);
  }

  get usage(): Omit<Usage, 'wallSeconds'> | undefined {
    return this.#watch?.usage(this.#waitStatus);
  }

  /** Where a session can be opened; undefined: nowhere, because the payload does not run. */
  get place(): SessionPlace | undefined {
    const process = this.#process;
    const { prepared, resources, context } = this.#options;
    if (process?.pid === undefined || process.exited || this.#startedAt === undefined) return undefined;
    return {
      leader: process.pid,
      isRunning: () => !process.exited,
      guests: this.#guests,
      home: homeOf(prepared),
      bounds: namespaceBounds(context.resources.boundsFor(resources.memory)),
    };
  }

  /** @throws PayloadFault if nothing of the payload ran; what the system has against the command, such as E2BIG */
  async run(): Promise<Outcome> {
    const { prepared, directory, context } = this.#options;
    this.#begunAt = context.clock.monotonic();
    // What the payload printed before it was started again is not apptainer's.
    const printed = statSync(directory.stderr).size;
    const tooLate = context.clock.after(startLimit, () => {
      if (this.#startedAt === undefined) this.kill();
    });
    try {
      const outcome = (await this.#runWarm()) ?? (await this.#runIn(() => startFresh(this.#options)));
      if (outcome !== undefined) return outcome;
      const failure = containerFailure(this.#exitCode, await textOf(directory.stderr, printed));
      // Apptainer says of a directory whose file system has died that it is no image.
      if (failure.fault === 'image') await requireServed(prepared.image);
      throw failure;
    } finally {
      tooLate.cancel();
    }
  }

  /** Undefined: the payload could not enter, and nothing of it ran. */
  async #runWarm(): Promise<Outcome | undefined> {
    const { warm, directory, stopped, context } = this.#options;
    if (warm === undefined) return undefined;
    makeReadyForWarm(directory);
    if (stopped() !== undefined) return stopped();
    this.#isEntering = true;
    let entered: EnteredPayload | undefined;
    let problem: unknown;
    const enter = async () => {
      entered = await enterWarm(warm, this.#options);
      return entered.outer;
    };
    const outcome = await this.#runIn(enter).catch((error: unknown) => {
      // It was in: what is wrong is its command, in a fresh container as well.
      if (this.#startedAt !== undefined) throw error;
      problem = error;
      return undefined;
    });
    if (outcome !== undefined) return outcome;
    const reason = whyNotEntered(entered, problem);
    // If its server has died, that says nothing about the next one.
    if (reason !== undefined && warm.isUp) context.warm?.failed(warm, reason);
    closeGate(directory.temporary);
    this.#isEntering = false;
    return stopped();
  }

  /** Undefined: the container never came up, or the payload could not enter it. */
  async #runIn(start: () => Promise<OuterProcess>): Promise<Outcome | undefined> {
    const { directory, context, logger } = this.#options;
    let marker: MarkerWatch | undefined;
    const onStuck = () =>
      logger.error('processes of the payload survive SIGKILL; it has not ended until they are gone');
    try {
      marker = new MarkerWatch(directory.temporary, () => this.#started());
      this.#process = undefined;
      const outer = await start();
      // What keeps a payload without a container also ends it when the pilot dies, and must not be killed before.
      const guardian = context.apptainer === undefined ? noGuardian : context.guardian;
      this.#process = new ContainerProcess({ outer, guardian, onStuck }, context.clock);
      this.#watch = this.#watchOf(this.#process);
      this.#catchUp(this.#process);
      const end = await this.#process.ended;
      this.#exitCode = end.code;
      return await this.#outcomeOf(end, marker);
    } finally {
      await this.#killLeftovers();
      await this.#watch?.stop();
      marker?.result();
    }
  }

  /** Does what was asked for while there was no process yet. */
  #catchUp(process: ContainerProcess): void {
    const missed = this.#missed;
    this.#missed = undefined;
    if (missed === 'SIGKILL') this.kill();
    else if (missed !== undefined) process.signal(missed);
  }

  signal(name: SignalName): void {
    if (this.#process === undefined) this.#missed ??= name;
    this.#process?.signal(name);
  }

  /** SIGKILL to everything; `run` resolves when all of it is dead. */
  kill(): void {
    if (this.#process === undefined) this.#missed = 'SIGKILL';
    this.#process?.kill();
  }

  /** If the pilot itself fails while a payload runs, the payload must be dead before anybody is told. */
  async #killLeftovers(): Promise<void> {
    if (this.#process === undefined || this.#process.exited) return;
    this.kill();
    await this.#process.ended.catch(() => undefined);
  }

  #watchOf({ pid }: ContainerProcess): PayloadWatch | undefined {
    const { prepared, directory, resources, context } = this.#options;
    if (pid === undefined) return undefined;
    if (context.apptainer === undefined) yieldToPilot(pid);
    return context.resources.watch({
      leader: pid,
      guests: this.#guests,
      root: directory.root,
      resources,
      asked: prepared.job.asked,
      exceeded: () => this.kill(),
      ...(!this.#isEntering && context.apptainer !== undefined && { begins: 'bound' as const }),
    });
  }

  #started(): void {
    const { clock, apptainer } = this.#options.context;
    this.#startedAt = { wall: clock.wall(), monotonic: clock.monotonic() };
    this.#options.onStarted((this.#startedAt.monotonic - this.#begunAt) / 1000);
    // Whoever enters a warm container was bounded when its mounts were made; and whoever has none, before it began.
    if (this.#isEntering || apptainer === undefined) return;
    this.#openGate().catch((error: unknown) => {
      this.#gateError = error;
      this.kill();
    });
  }

  /** Lets the payload begin, once its memory is bounded. */
  async #openGate(): Promise<void> {
    const parent = await this.#watch?.bound(this.#options.context.apptainer?.tier === 'B');
    openGate(this.#options.directory.temporary, parent);
  }

  async #outcomeOf(end: ProcessEnd, markerWatch: MarkerWatch): Promise<Outcome | undefined> {
    const { directory, prepared, stopped } = this.#options;
    if (this.#gateError !== undefined) return faultOf(this.#gateError);
    const marker = markerWatch.result();
    if (marker === 'ran') {
      this.#waitStatus = readWaitStatus(directory.temporary);
      this.#end = exitOutcome(end.code, end.signal, this.#waitStatus);
    }
    const stop = stopped();
    if (stop !== undefined) return stop;
    if (marker === 'absent') return undefined;
    if (marker === 'notExecuted') {
      const reason = await explainCommand(prepared.job.command[0] ?? '', end.code, directory.job);
      throw commandFailure(reason, end.code);
    }
    return await this.#judged(end, this.#end ?? exitOutcome(end.code, end.signal, this.#waitStatus));
  }

  async #judged({ signal }: ProcessEnd, outcome: Outcome): Promise<Outcome> {
    const judged = (await this.#watch?.judge(outcome)) ?? outcome;
    const isKilledOutside = signal !== null && this.#waitStatus === undefined;
    return judged === outcome && isKilledOutside ? killedOutside : judged;
  }
}

async function textOf(path: string, from: number): Promise<string> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(explanation), 0, explanation, from);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}
