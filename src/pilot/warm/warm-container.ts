import type { FileHandle } from 'node:fs/promises';
import { constants } from 'node:os';
import { ownerVariable } from '#base/process-owner.ts';
import type { Tier } from '../runtime/apptainer.ts';
import { type Launch, niceness } from '../runtime/container-process.ts';
import { enterFailure } from './enter.ts';
import { payloadSteps } from './mounts.ts';

/** The most bytes that are read of what processes have written about their failures. */
const readable = 65_536;

/** What keeps a container that apptainer has set up: the kernel does, as long as these are open. No process is left in it. */
export interface ContainerHandles {
  readonly user: FileHandle;
  readonly mounts: FileHandle;
  /** Opened for appending: `enter` writes its failures to it. */
  readonly log: FileHandle;
}

export interface WarmContainerOptions {
  /** The path of the program that enters it. */
  readonly enter: string;
  /** The pilot's directory, by which its processes are recognised. */
  readonly owner: string;
  readonly tier: Tier;
  readonly handles: ContainerHandles;
  /** What apptainer and the image give to a program in it. */
  readonly environment: ReadonlyMap<string, string>;
}

/** A payload that is to be put into a warm container. */
export interface Entering {
  /** The name of its directory among all claims. */
  readonly claim: string;
  readonly environment: ReadonlyMap<string, string>;
  /** What the kernel keeps it to: bytes of files in memory, processes (0: any number), open files of each process. */
  readonly bounds: {
    readonly memoryFiles: number;
    readonly processes: number;
    readonly openFiles: number;
  };
  readonly command: readonly string[];
}

/**
 * A container of one image that stays for payloads to enter, each with mounts, processes and rights of its own.
 *
 * **Gotchas.** Only its namespaces are kept, by their descriptors: no number of a process can come to mean something else, and
 * nothing in it can die. Payloads that are in it do not need it any longer, so it may be closed at any time.
 */
export class WarmContainer {
  readonly #options: WarmContainerOptions;
  #isClosed = false;

  constructor(options: WarmContainerOptions) {
    this.#options = options;
  }

  /** To be used at once, as long as the descriptors are certainly open. Undefined: it is closed. */
  launch({ claim, environment, bounds, command }: Entering): Launch | undefined {
    if (this.#isClosed) return undefined;
    const { enter, owner, tier, handles } = this.#options;
    const limits = [niceness, bounds.processes, bounds.openFiles].map(String);
    return {
      file: enter,
      args: [...limits, ...payloadSteps(tier, claim, bounds.memoryFiles), 'run', ...command],
      // The program that enters does not hand on its owner.
      environment: {
        ...Object.fromEntries([...this.#options.environment, ...environment]),
        [ownerVariable]: owner,
      },
      descriptors: [handles.user.fd, handles.mounts.fd, handles.log.fd],
      leavesNothing: true,
    };
  }

  /** Why a process of that launch could not enter. Undefined: that says nothing about the container. */
  async failureOf(pid: number | undefined, { args }: Launch): Promise<string | undefined> {
    if (pid === undefined || this.#isClosed) return undefined;
    const { log } = this.#options.handles;
    const { buffer, bytesRead } = await log.read(Buffer.alloc(readable), 0, readable, 0);
    const { reason, error } = enterFailure(buffer.toString('latin1', 0, bytesRead), pid, args);
    return error === constants.errno.E2BIG ? undefined : reason;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const { user, mounts, log } = this.#options.handles;
    await Promise.all([user, mounts, log].map((handle) => handle.close()));
  }
}
