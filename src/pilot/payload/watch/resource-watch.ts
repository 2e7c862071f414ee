import type { Clock } from '#base/clock.ts';
import { GlideinError } from '#base/error.ts';
import { excessSubcodes, holdCodes } from '#base/hold-codes.ts';
import type { Logger } from '#telemetry/logger.ts';
import type { Outcome, Usage } from '#wire/outcome.ts';
import type { Start } from '#wire/pool-messages.ts';
import { yieldToPilot } from '../../runtime/container-process.ts';
import { type Contained, containerProcesses } from '../../runtime/container-processes.ts';
import type { Launcher } from '../../runtime/launcher.ts';
import { OomScores } from '../../runtime/oom-scores.ts';
import { parentOf } from '../../runtime/process-tree.ts';
import type { WaitStatus } from '../../runtime/wait-status.ts';
import { DiskWatch, type SeenDisk } from './disk-watch.ts';
import { killedReason, memoryReason } from './excess-reason.ts';
import { type BoundByKernel, boundByKernel, type KernelBounds } from './kernel-bounds.ts';
import { toleranceOf } from './memory-judgement.ts';
import { MemoryWatch, type WatchedMemory } from './memory-watch.ts';
import { type NodeMemory, nodeMemory } from './node-memory.ts';
import { type NodeProcesses, nodeProcesses } from './node-processes.ts';
import type { ProcessCount } from './process-count.ts';
import { ProcessWatch } from './process-watch.ts';

/** Bytes that files in memory may take beyond the tolerance, so that the watch notices a payload that fills them. */
const noticeable = 4 * 2 ** 20;

/**
 * By so many the kernel's limits are above what is allowed, for the same reason: a program that may fork no more usually ends at
 * once, and forks thousands of times between two looks.
 */
const noticeableCount = { processes: 4096, openFiles: 16 };

function kernelBounds(memory: number, { processes, openFiles }: ProcessCount): KernelBounds {
  const given = memory * 2 ** 20;
  return {
    memoryFiles: given + toleranceOf(given) + noticeable,
    processes: processes + noticeableCount.processes,
    openFiles: openFiles + noticeableCount.openFiles,
  };
}

export interface ResourceWatchOptions {
  readonly directory: string;
  /** What limits payloads. */
  readonly launcher: Pick<Launcher, 'bound'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** See {@link DiskWatchOptions.full}. */
  readonly diskFull: (reason: string) => void;
  /** What one payload may have. */
  readonly limits: ProcessCount;
  /** Cores of the whole slot. */
  readonly cpus: number;
  readonly node?: NodeMemory;
  readonly nodeProcesses?: NodeProcesses;
}

/** A payload that must keep to what it was given. */
export interface WatchedPayload extends Contained {
  readonly root: string;
  readonly resources: Start['resources'];
  /** What the job asked for, in MiB and KiB. */
  readonly asked: { readonly memory: number | undefined; readonly disk: number | undefined };
  /** Called once, when the payload has to be killed. */
  readonly exceeded: () => void;
  /** Whether it only begins after {@link PayloadWatch.bound}: until then it takes no memory. */
  readonly begins?: 'bound';
}

/** Makes payloads keep to their limits, and records what they use of memory and disk. */
export class ResourceWatch {
  readonly #memory: MemoryWatch;
  readonly #disk: DiskWatch;
  readonly #node: NodeMemory;
  readonly #processes: ProcessWatch;
  readonly #bound: BoundByKernel;
  readonly #options: ResourceWatchOptions;

  constructor(options: ResourceWatchOptions) {
    const { directory, clock, logger, diskFull, node = nodeMemory() } = options;
    this.#node = node;
    this.#bound = boundByKernel((words) => options.launcher.bound(words));
    this.#options = options;
    this.#memory = new MemoryWatch({ node, clock, logger });
    this.#disk = new DiskWatch({ directory, clock, logger, full: diskFull });
    this.#processes = new ProcessWatch({
      node: options.nodeProcesses ?? nodeProcesses(),
      clock,
      logger,
      scores: new OomScores([process.pid, process.ppid]),
    });
  }

  /** What the kernel should keep a payload to. @param memory what it was given, in MiB */
  boundsFor(memory: number): KernelBounds {
    return kernelBounds(memory, this.#options.limits);
  }

  watch(payload: WatchedPayload): PayloadWatch {
    return new PayloadWatch(payload, {
      memory: this.#memory,
      disk: this.#disk,
      processes: this.#processes,
      node: this.#node,
      bound: this.#bound,
      limits: this.#options.limits,
      cpus: this.#options.cpus,
      logger: this.#options.logger,
    });
  }
}

interface Watches {
  readonly memory: MemoryWatch;
  readonly disk: DiskWatch;
  readonly processes: ProcessWatch;
  readonly node: NodeMemory;
  readonly bound: BoundByKernel;
  readonly limits: ProcessCount;
  readonly cpus: number;
  readonly logger: Logger;
}

/** Watches one payload while it runs. */
export class PayloadWatch {
  readonly #payload: WatchedPayload;
  readonly #watches: Watches;
  readonly #killsBefore: number;
  /** Undefined until the payload begins. */
  #memory: WatchedMemory | undefined;
  readonly #disk: { readonly seen: SeenDisk; readonly stop: () => Promise<void> };
  readonly #uncount: () => void;
  readonly #given: number;
  #excess: Excess | undefined;

  constructor(payload: WatchedPayload, watches: Watches) {
    const { leader, guests, root, resources, asked } = payload;
    const { disk, processes, node } = watches;
    this.#payload = payload;
    this.#watches = watches;
    this.#killsBefore = node.kills();
    this.#given = resources.memory * 2 ** 20;
    if (payload.begins === undefined) this.#watchMemory();
    this.#disk = disk.watch({
      leader,
      root,
      given: resources.disk * 1024,
      asked: asked.disk,
      exceeded: (reason) => this.#exceeded({ of: 'disk', reason }),
    });
    this.#uncount = processes.watch({
      leader,
      guests,
      allowed: watches.limits,
      share: resources.cpus / watches.cpus,
      exceeded: (of, reason) => this.#exceeded({ of, reason }),
    });
  }

  #watchMemory(): void {
    const { leader, guests, asked } = this.#payload;
    this.#memory = this.#watches.memory.watch({
      leader,
      guests,
      given: this.#given,
      asked: asked.memory,
      exceeded: (reason) => this.#exceeded({ of: 'memory', reason }),
    });
  }

  /**
   * Call this when the container is up and before the payload begins. From then on, the kernel limits the payload's files in
   * memory, its processes and its open files: to a little more than is tolerated, so that the watch still sees a payload that
   * takes all of it.
   * @param mustBeApart whether the payload may run only in a user namespace of its own
   * @returns the payload's parent, which waits at the gate, if there is one
   * @throws GlideinError RuntimeFailed if it cannot run in the one that it has
   */
  async bound(mustBeApart: boolean): Promise<number | undefined> {
    const { bound, limits, logger } = this.#watches;
    const { leader, resources } = this.#payload;
    const [first] = containerProcesses(leader);
    if (this.#memory === undefined) this.#watchMemory();
    const bounds = kernelBounds(resources.memory, limits);
    // From here on: whoever waits for the container waits for as little as possible.
    yieldToPilot(first ?? leader);
    const init = first === undefined ? undefined : parentOf(first);
    const inForce = first && init ? await bound(first, init, bounds) : { isBound: false, isApart: false };
    if (mustBeApart && !inForce.isApart)
      throw new GlideinError('RuntimeFailed', 'the payload has no user namespace of its own');
    if (!inForce.isBound)
      logger.info({ leader }, 'the payload is only watched: this kernel does not keep it to all limits');
    return first;
  }

  /** Call this when the payload is dead. Measures the disk once more. */
  async stop(): Promise<void> {
    this.#memory?.stop();
    this.#uncount();
    await this.#disk.stop();
  }

  /**
   * What the payload has used.
   * @param parent what the payload's parent saw, where there is one; it counts as well
   */
  usage(parent: WaitStatus | undefined): Omit<Usage, 'wallSeconds'> {
    // A resident set contains pages of files, which cost nothing: so what exceeds the request proves nothing.
    const resident = Math.min(parent?.residentBytes ?? 0, this.#given);
    return {
      cpuSeconds: Math.max(this.#memory?.seen.cpuSeconds ?? 0, parent?.cpuSeconds ?? 0),
      memoryPeakBytes: Math.max(this.#memory?.seen.peak ?? 0, resident),
      diskPeakBytes: this.#disk.seen.peak,
    };
  }

  /**
   * The outcome, in the light of what happened to the node: a job that used too much is held; a job that kept to its
   * request on a node that ran short runs again. Call this before `stop`.
   */
  async judge(outcome: Outcome): Promise<Outcome> {
    if (this.#excess !== undefined) return exceeded(this.#excess);
    const killed = outcome.kind === 'signalled' && outcome.signal === 'SIGKILL';
    if (killed && this.#watches.node.kills() > this.#killsBefore) return this.#afterKernel();
    const failed = outcome.kind === 'signalled' || (outcome.kind === 'exited' && outcome.exitCode !== 0);
    if (failed && this.#disk.seen.full) {
      return {
        kind: 'stopped',
        reason: "the pilot's disk was full, and the job failed although it kept to its request",
      };
    }
    return outcome;
  }

  async #afterKernel(): Promise<Outcome> {
    const peak = this.#memory?.seen.peak ?? 0;
    const asked = this.#payload.asked.memory;
    if (peak > this.#given + toleranceOf(this.#given)) {
      return exceeded({ of: 'memory', reason: memoryReason(peak, this.#given, asked) });
    }
    if (await this.#memory?.mustHaveExceeded()) {
      return exceeded({
        of: 'memory',
        reason: killedReason(this.#watches.node.limit(), this.#given, asked),
      });
    }
    return {
      kind: 'stopped',
      reason:
        'the kernel killed the job because its pilot ran out of memory; the job was not seen to exceed its request',
    };
  }

  #exceeded(excess: Excess): void {
    if (this.#excess !== undefined) return;
    this.#excess = excess;
    this.#payload.exceeded();
  }
}

/** What the payload used too much of, and the reason in words. */
interface Excess {
  readonly of: keyof typeof excessSubcodes;
  readonly reason: string;
}

const exceeded = ({ of, reason }: Excess): Outcome => ({
  kind: 'exceeded',
  holdCode: holdCodes.outOfResources,
  subcode: excessSubcodes[of],
  reason,
});
