import type { Clock, Timer } from '#base/clock.ts';
import { describeError } from '#base/error.ts';
import type { Logger } from '#telemetry/logger.ts';
import { type Contained, processesIn } from '../../runtime/container-processes.ts';
import { memoryReason } from './excess-reason.ts';
import { KernelKills } from './kernel-kills.ts';
import {
  isQuiet,
  type LastLook,
  type MemoryShare,
  mustHaveExceeded,
  nodeReserve,
  toBeKilled,
  toleranceOf,
  untilNextLook,
} from './memory-judgement.ts';
import type { NodeMemory } from './node-memory.ts';
import { inMemoryFilesOf, processorSeconds, proportionalOf, residentOf, total } from './process-memory.ts';

export interface MemoryWatchOptions {
  readonly node: NodeMemory;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface MemoryLimit extends Contained {
  /** Bytes that the payload may take. */
  readonly given: number;
  /** What the job asked for, in MiB. */
  readonly asked: number | undefined;
  /** Called once, when the payload has to be killed. */
  readonly exceeded: (reason: string) => void;
}

/** What has been seen of one payload so far: bytes and seconds. */
export interface SeenMemory {
  used: number;
  peak: number;
  cpuSeconds: number;
}

/** A payload's memory while it is watched. */
export interface WatchedMemory {
  readonly seen: SeenMemory;
  /** Ask this when the kernel has killed the payload, and before `stop`. See {@link mustHaveExceeded}. */
  readonly mustHaveExceeded: () => Promise<boolean>;
  /** Ends the watch. */
  readonly stop: () => void;
}

interface Watched extends MemoryLimit, SeenMemory {
  /** Its container has come up. */
  up: boolean;
}

/** Bytes by which a payload must grow between two looks to count as growing fast: then looking may cost more. */
const leap = 8 * 2 ** 20;

/** Milliseconds until the next look after one that failed. */
const afterFailure = 1000;

/**
 * Looks at the memory of all payloads of a pilot: often when little is left, and seldom when there is much. Between two
 * looks the fastest program fills some 50 MiB more, which is what the pod's overhead is for.
 */
export class MemoryWatch {
  readonly #options: MemoryWatchOptions;
  readonly #watched = new Set<Watched>();
  readonly #kills: KernelKills;
  #timer: Timer | undefined;
  /** Undefined when there is a payload that has not been looked at yet. */
  #last: LastLook | undefined;
  #looking = false;

  constructor(options: MemoryWatchOptions) {
    this.#options = options;
    this.#kills = new KernelKills(options.node, options.clock);
  }

  /** Begins to watch a payload. */
  watch(limit: MemoryLimit): WatchedMemory {
    this.#kills.read();
    const watched: Watched = { ...limit, used: 0, peak: 0, cpuSeconds: 0, up: false };
    this.#watched.add(watched);
    this.#last = undefined;
    if (!this.#looking) this.#schedule(0);
    const stop = () => {
      this.#watched.delete(watched);
      this.#kills.departed();
      if (this.#watched.size === 0) this.#timer?.cancel();
    };
    return { seen: watched, mustHaveExceeded: () => this.#mustHaveExceeded(watched), stop };
  }

  async #mustHaveExceeded(victim: Watched): Promise<boolean> {
    if (!this.#kills.isOneAlone()) return false;
    const { node } = this.#options;
    const others = await Promise.all([...this.#watched].filter((each) => each !== victim).map(presentShare));
    const after = { others, left: node.left(), limit: node.limit(), machine: node.machine() };
    // If a payload has gone meanwhile, the free memory may be what it left.
    return mustHaveExceeded({ given: victim.given, ...after }) && this.#kills.isOneAlone();
  }

  #schedule(delay: number): void {
    this.#timer?.cancel();
    if (this.#watched.size > 0) this.#timer = this.#options.clock.after(delay, () => void this.#tick());
  }

  async #tick(): Promise<void> {
    this.#looking = true;
    const delay = await this.#look().catch((error: unknown) => {
      this.#options.logger.warn({ problem: describeError(error) }, 'cannot measure the memory of payloads');
      return afterFailure;
    });
    this.#looking = false;
    this.#schedule(delay);
  }

  /** @returns milliseconds until the next look */
  async #look(): Promise<number> {
    const { clock, node, logger } = this.#options;
    const begun = clock.monotonic();
    this.#kills.read();
    const left = node.left();
    if (this.#last !== undefined && isQuiet(this.#last, begun, left))
      return untilNextLook(this.#last.room, clock.monotonic() - begun, false);
    // The room is not known yet. A payload that comes while the kernel is asked clears all of it.
    this.#last = { at: begun, left, room: 0 };
    const before = new Map([...this.#watched].map((each) => [each, each.used]));
    await Promise.all([...this.#watched].map((each) => this.#measure(each, left < nodeReserve)));
    // Payloads that stopped while the kernel was asked no longer matter.
    const present = [...this.#watched];
    for (const culprit of toBeKilled(present, left)) {
      this.#watched.delete(culprit);
      this.#kills.departed();
      const { used, given, asked } = culprit;
      logger.warn({ leader: culprit.leader, used, given, left }, 'payload exceeds its memory request');
      culprit.exceeded(memoryReason(used, given, asked));
    }
    const rooms = present.map(({ used, given, up }) => (up ? given + toleranceOf(given) - used : 0));
    const leaps = present.some((each) => each.used - (before.get(each) ?? 0) > leap);
    const room = Math.max(0, Math.min(left - nodeReserve, ...rooms));
    if (this.#last !== undefined) this.#last = { at: begun, left, room };
    return untilNextLook(room, clock.monotonic() - begun, leaps);
  }

  async #measure(watched: Watched, isShort: boolean): Promise<void> {
    const pids = processesIn(watched);
    watched.up ||= pids.length > 0;
    await measure(watched, pids, isShort);
  }
}

/**
 * Reads the cheap sum, which is never too small. Reads the exact one only where it may matter: the payload seems to use
 * more than it was given, or more than ever before, or memory is short.
 */
async function measure(watched: Watched, pids: readonly number[], isShort: boolean): Promise<void> {
  const files = inMemoryFilesOf(pids);
  watched.cpuSeconds = Math.max(watched.cpuSeconds, processorSeconds(pids));
  watched.used = total(residentOf(pids), files);
  if (watched.used <= watched.peak && watched.used <= watched.given && !isShort) return;
  watched.used = total(await proportionalOf(pids), files);
  watched.peak = Math.max(watched.peak, watched.used);
}

/** What a payload uses now. Undefined: it is just ending. */
async function presentShare(watched: Watched): Promise<MemoryShare | undefined> {
  const { given, up } = watched;
  const pids = processesIn(watched);
  const used = total(await proportionalOf(pids), inMemoryFilesOf(pids));
  return up && processesIn(watched).length === 0 ? undefined : { used, given };
}
