import { chmodSync, closeSync, mkdirSync } from 'node:fs';
import { constants, release } from 'node:os';
import { basename, join } from 'node:path';
import { describeError, GlideinError } from '#base/error.ts';
import type { Start } from '#wire/pool-messages.ts';
import { type Apptainer, containerArguments } from '../runtime/apptainer.ts';
import { type OuterProcess, runOuter } from '../runtime/container-process.ts';
import { runKept } from '../runtime/keep.ts';
import { openGate } from '../runtime/wait-status.ts';
import type { EnteredPayload, WarmContainer } from '../warm/warm-container.ts';
import { type ClaimDirectory, openStreams, stdinOf } from './claim/claim-directory.ts';
import type { PayloadContext } from './payload-context.ts';
import { isLeftOut } from './start/environment-file.ts';
import { withMarker, withMarkerDirect, withMarkerInWarm } from './start/first-step.ts';
import type { Prepared } from './start/prepare.ts';
import { countsByNamespace, type KernelBounds } from './watch/kernel-bounds.ts';

interface LaunchOptions {
  readonly prepared: Prepared;
  readonly directory: ClaimDirectory;
  readonly resources: Start['resources'];
  readonly context: Pick<PayloadContext, 'apptainer' | 'network' | 'resources' | 'launcher'>;
}

export const homeOf = ({ job }: Prepared): string => job.environment.get('HOME') ?? '/srv';

/** Apptainer sets up a container for this payload alone; or the payload runs without one, if its group and its job want that. */
export async function startFresh(options: LaunchOptions): Promise<OuterProcess> {
  const { apptainer } = options.context;
  return await (apptainer === undefined ? startDirect(options) : startContainer(apptainer, options));
}

async function startContainer(
  { path, tier }: Apptainer,
  { prepared, directory, context }: LaunchOptions,
): Promise<OuterProcess> {
  const { stdin } = prepared.job;
  const args = containerArguments(tier, {
    image: prepared.image,
    job: directory.job,
    work: directory.work,
    environmentFile: directory.environment,
    gpus: prepared.gpus,
    mounts: prepared.mounts,
    network: context.network,
    command: withMarker(tier, homeOf(prepared), prepared.job.command),
  });
  const launch = { file: path, args, isDirectory: !prepared.isFile };
  if (context.launcher.takes(launch)) {
    const streams = [stdinOf(directory, stdin), directory.stdout, directory.stderr] as const;
    return await context.launcher.run(launch, streams, directory.root);
  }
  return await withStreams(directory, stdin, (streams) => runOuter(launch, streams, directory.root));
}

/** Nothing has to be bounded later, so the gate is open from the beginning. */
async function startDirect({
  prepared,
  directory,
  resources,
  context,
}: LaunchOptions): Promise<OuterProcess> {
  const { job } = prepared;
  openGate(directory.temporary);
  return await withStreams(directory, job.stdin, (streams) => {
    const run = {
      command: withMarkerDirect(
        directory.temporary,
        job.environment.get('HOME') ?? directory.job,
        job.command,
      ),
      environment: new Map([...job.environment].filter(([name]) => !isLeftOut(name))),
      directory: directory.job,
      keeper: join(directory.root, 'keep'),
      openFiles: context.resources.boundsFor(resources.memory).openFiles,
    };
    return runKept(run, streams);
  });
}

/** Opens the payload's streams for a process that inherits them. */
async function withStreams(
  directory: ClaimDirectory,
  stdin: string | undefined,
  start: (streams: [number, number, number]) => OuterProcess | Promise<OuterProcess>,
): Promise<OuterProcess> {
  const streams = openStreams(directory, stdin);
  try {
    return await start(streams);
  } finally {
    for (const file of streams) closeSync(file);
  }
}

/** The payload enters a container that is set up already. @throws GlideinError see {@link WarmContainer.enter} */
export async function enterWarm(
  warm: WarmContainer,
  { prepared, directory, resources, context }: LaunchOptions,
): Promise<EnteredPayload> {
  const { job } = prepared;
  return await warm.enter({
    claim: basename(directory.root),
    stdin: job.stdin,
    environment: new Map([...job.environment].filter(([name]) => !isLeftOut(name))),
    bounds: namespaceBounds(context.resources.boundsFor(resources.memory)),
    command: withMarkerInWarm(homeOf(prepared), job.command),
  });
}

/** The bounds of a payload that the kernel can keep its user namespace to. */
export const namespaceBounds = (bounds: KernelBounds): KernelBounds => ({
  ...bounds,
  processes: countsByNamespace(release()) ? bounds.processes : 0,
});

/** Makes what apptainer would make in the payload's directory, and opens the gate: nothing has to be bounded later. */
export function makeReadyForWarm({ work, temporary }: ClaimDirectory): void {
  const more = join(work, 'var_tmp');
  mkdirSync(more, { recursive: true });
  chmodSync(temporary, 0o1777);
  chmodSync(more, 0o1777);
  openGate(temporary);
}

/** What keeps payloads from entering the container; undefined: only this one cannot, because of its command. */
export function whyNotEntered(entered: EnteredPayload | undefined, problem: unknown): string | undefined {
  if (entered === undefined)
    return problem instanceof GlideinError && problem.code === 'InvalidArgument'
      ? undefined
      : describeError(problem);
  const failure = entered.failure();
  if (failure?.error === constants.errno.E2BIG) return undefined;
  return failure?.reason ?? 'the process that should enter it has ended';
}
