import { readFile } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { apptainerCandidates } from '#base/apptainer-candidates.ts';
import type { Clock } from '#base/clock.ts';
import { makeFolders } from '#base/make-folders.ts';
import { ownerOf } from '#base/process-owner.ts';
import { sender } from '#images/registry/requests.ts';
import { firstProgram } from '#images/set/first-program.ts';
import { workMaker } from '#images/set/make-work.ts';
import type { SetMetrics } from '#images/set/metrics.ts';
import { smokeTest } from '#images/set/smoke-test.ts';
import { Worker } from '#images/set/worker.ts';
import { openTarget } from '#images/target/open-target.ts';
import type { Logger } from '#telemetry/logger.ts';

export interface SetWorkOptions {
  readonly name: string;
  readonly directory: string;
  readonly stateDirectory: string;
  readonly layers: string;
  /** Files with credentials. */
  readonly logins: () => Promise<readonly string[]>;
  /** The apptainer for trials; the first that is found if undefined. */
  readonly apptainer: string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: SetMetrics;
}

/** Milliseconds that the expansion of one image, or its verification, may take in its process. */
const longestOrder = 6 * 3_600_000;

/** The work on a set, on this machine. */
export async function setWorkHere(options: SetWorkOptions): Promise<ReturnType<typeof workMaker>> {
  const { environment, stateDirectory } = options;
  const trials = join(stateDirectory, 'trials');
  const apptainer = options.apptainer ?? (await firstProgram(apptainerCandidates(undefined, environment)));
  return workMaker({
    ...options,
    send: sender(environment),
    random: Math.random,
    worker: new Worker({
      program: workProgram(),
      environment: environmentOfWork(environment),
      timeLimit: longestOrder,
      memory: memoryHere(),
    }),
    tryImage:
      apptainer === undefined
        ? undefined
        : async (tree, test, signal) => {
            await makeFolders(trials);
            await smokeTest(
              tree,
              test,
              { apptainer, directory: trials, searchPath: environment.PATH, mountInfo },
              signal,
            );
          },
    openTarget: (directory) =>
      openTarget(directory, { scratch: join(stateDirectory, 'scratch'), environment }),
  });
}

/** The program beside this one that does one piece of work, run by the same Node. */
function workProgram(): readonly string[] {
  const suffix = import.meta.url.endsWith('.ts') ? '.ts' : '.js';
  return [process.execPath, fileURLToPath(new URL(`./publisher${suffix}`, import.meta.url)), 'work'];
}

/** Mebibytes that this process and those that it starts may take. */
const memoryHere = (): number =>
  Math.floor(Math.min(totalmem(), process.constrainedMemory() || totalmem()) / 2 ** 20);

const mountInfo = (): Promise<string> => readFile('/proc/self/mountinfo', 'utf8');

/** What compiles once, and who owns it; nothing that could be a secret. */
function environmentOfWork(
  environment: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> {
  const kept = ['PATH', 'HOME', 'XDG_CACHE_HOME', 'NODE_COMPILE_CACHE'].flatMap((name) => {
    const value = environment[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...Object.fromEntries(kept), ...ownerOf(environment) };
}
