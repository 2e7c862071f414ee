import type { Clock, Timer } from '#base/clock.ts';
import { describeError } from '#base/error.ts';
import type { Logger } from '#telemetry/logger.ts';
import type { Contained } from '../../runtime/container-processes.ts';
import type { OomScores } from '../../runtime/oom-scores.ts';
import { openFilesReason, processesReason, usedUpProcessesReason } from './excess-reason.ts';
import type { NodeProcesses } from './node-processes.ts';
import { countProcesses, type ProcessCount } from './process-count.ts';

export interface ProcessWatchOptions {
  readonly node: NodeProcesses;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly count?: typeof countProcesses;
  /** Of the pilot. */
  readonly scores?: Pick<OomScores, 'restore'>;
}

export interface ProcessLimit extends Contained {
  /** What one payload may have. */
  readonly allowed: ProcessCount;
  /** The payload's part of its pilot, from 0 to 1. */
  readonly share: number;
  /** Called once, when the payload has to be killed. */
  readonly exceeded: (of: 'processes' | 'openFiles', reason: string) => void;
}

interface Watched extends ProcessLimit {
  processes: number;
}

/** Milliseconds between two looks at the machine, and after which all payloads are counted whatever the machine says. */
const interval = { look: 100, count: 2000 };

/** Counting takes at most this part of the time. */
const spared = 20;

/** By so much the number of processes of the machine may change before all payloads are counted. */
const noticeable = 64;

/** With fewer processes left on the node, no payload may have more than its share: the pilot needs some of its own. */
export const processReserve = 128;

/**
 * Counts the processes and the open files of all payloads of a pilot: at once when many processes come, else seldom. Keeps payloads
 * from exposing the pilot itself to the kernel.
 */
export class ProcessWatch {
  readonly #options: ProcessWatchOptions;
  readonly #watched = new Set<Watched>();
  #timer: Timer | undefined;
  #last = { at: Number.NEGATIVE_INFINITY, ofMachine: Number.NaN };

  constructor(options: ProcessWatchOptions) {
    this.#options = options;
  }

  /** Begins to watch a payload. @returns what ends the watch */
  watch(limit: ProcessLimit): () => void {
    const watched: Watched = { ...limit, processes: 0 };
    this.#watched.add(watched);
    if (this.#watched.size === 1) this.#schedule(interval.look);
    return () => this.#forget(watched);
  }

  #forget(watched: Watched): void {
    this.#watched.delete(watched);
    if (this.#watched.size === 0) this.#timer?.cancel();
  }

  #schedule(delay: number): void {
    this.#timer?.cancel();
    if (this.#watched.size > 0) this.#timer = this.#options.clock.after(delay, () => this.#tick());
  }

  #tick(): void {
    const { clock, logger, scores } = this.#options;
    const begun = clock.monotonic();
    if (scores?.restore() === true)
      logger.warn('a payload offered the pilot to the kernel for the next time that memory runs out');
    try {
      if (!this.#isQuiet(begun)) this.#count(begun);
    } catch (error) {
      logger.warn({ problem: describeError(error) }, 'cannot count the processes of payloads');
    }
    this.#schedule(Math.max(interval.look, (clock.monotonic() - begun) * spared));
  }

  #isQuiet(now: number): boolean {
    const { node } = this.#options;
    const { at, ofMachine } = this.#last;
    return (
      now - at < interval.count &&
      Math.abs(node.ofMachine() - ofMachine) < noticeable &&
      node.left() >= processReserve
    );
  }

  #count(now: number): void {
    const { node, count = countProcesses } = this.#options;
    this.#last = { at: now, ofMachine: node.ofMachine() };
    for (const watched of this.#watched) {
      const { allowed } = watched;
      const { processes, openFiles } = count(watched, allowed);
      watched.processes = processes;
      if (processes > allowed.processes)
        this.#exceeded(watched, 'processes', processesReason(processes, allowed.processes));
      else if (openFiles > allowed.openFiles)
        this.#exceeded(watched, 'openFiles', openFilesReason(openFiles, allowed.openFiles));
    }
    if (node.left() < processReserve) this.#endTheLargest();
  }

  /** The node is nearly out of processes: ends the payload that has most beyond its share. Nobody else pays for it. */
  #endTheLargest(): void {
    const limit = this.#options.node.limit();
    const beyond = ({ processes, share }: Watched) => processes - limit * share;
    const [largest] = [...this.#watched].sort((a, b) => beyond(b) - beyond(a));
    if (largest === undefined || beyond(largest) <= 0) return;
    this.#exceeded(largest, 'processes', usedUpProcessesReason(largest.processes, limit));
  }

  #exceeded(watched: Watched, of: 'processes' | 'openFiles', reason: string): void {
    this.#forget(watched);
    this.#options.logger.warn({ leader: watched.leader, reason }, 'payload exceeds its limits');
    watched.exceeded(of, reason);
  }
}
