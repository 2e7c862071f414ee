import type { Tier } from '../runtime/apptainer.ts';
import { niceness } from '../runtime/container-process.ts';
import type { ProcessServer, ServedProcess } from '../runtime/process-server.ts';
import { type EnterFailure, enterFailure } from './enter.ts';
import { payloadSteps } from './mounts.ts';

export interface WarmContainerOptions {
  readonly server: Pick<ProcessServer, 'isUp' | 'start' | 'finish'>;
  readonly tier: Tier;
  /** What of `/proc` belongs to the machine. */
  readonly machines: readonly string[];
  /** What apptainer and the image give to a program in it. */
  readonly environment: ReadonlyMap<string, string>;
}

/** A payload that is being put into a warm container, or is in it. */
export interface EnteredPayload {
  readonly outer: ServedProcess;
  /** Why it could not enter; ask this once it has ended. */
  readonly failure: () => EnterFailure | undefined;
}

/** A payload that is to be put into a warm container. */
export interface Entering {
  /** The name of its directory among all claims. */
  readonly claim: string;
  /** A file in the job's directory. */
  readonly stdin: string | undefined;
  readonly environment: ReadonlyMap<string, string>;
  /** What the kernel keeps it to: bytes of files in memory, processes (0: any number), open files of each process. */
  readonly bounds: {
    readonly memoryFiles: number;
    readonly processes: number;
    readonly openFiles: number;
  };
  readonly command: readonly string[];
}

/** A container of one image that stays for payloads to enter, each with mounts, processes and rights of its own. */
export class WarmContainer {
  readonly #options: WarmContainerOptions;

  constructor(options: WarmContainerOptions) {
    this.#options = options;
  }

  /** Whether payloads can enter. */
  get isUp(): boolean {
    return this.#options.server.isUp;
  }

  /** @throws GlideinError RuntimeFailed when nobody can enter, InvalidArgument when this payload cannot */
  async enter({ claim, stdin, environment, bounds, command }: Entering): Promise<EnteredPayload> {
    const { server, tier, machines } = this.#options;
    const place = `/srv/${claim}`;
    const limits = [niceness, bounds.processes, bounds.openFiles].map(String);
    const words = [...limits, ...payloadSteps(tier, claim, bounds.memoryFiles, machines), 'run', ...command];
    const outer = await server.start({
      streams: [
        stdin === undefined ? '/dev/null' : `${place}/job/${stdin}`,
        `${place}/stdout`,
        `${place}/stderr`,
      ],
      words,
      environment: new Map([...this.#options.environment, ...environment]),
    });
    return { outer, failure: () => outer.failure && enterFailure(words, outer.failure) };
  }

  /** Takes no more payloads. Those that are in it run on. */
  close(): void {
    this.#options.server.finish();
  }
}
