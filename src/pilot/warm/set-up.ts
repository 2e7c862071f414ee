import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type FileHandle, mkdir, open, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Clock } from '#base/clock.ts';
import { GlideinError } from '#base/error.ts';
import { sleep } from '#base/sleep.ts';
import { truncate } from '#base/truncate.ts';
import { type Apptainer, containerArguments } from '../runtime/apptainer.ts';
import { ContainerProcess, runOuter } from '../runtime/container-process.ts';
import { containerProcesses } from '../runtime/container-processes.ts';
import type { Guardian } from '../runtime/guardian.ts';
import type { Mount } from '../runtime/mounts.ts';
import { ProcessServer } from '../runtime/process-server.ts';
import { removeTree } from '../runtime/remove-tree.ts';
import { closeGate, placeWaitStatus, waitStatusNames } from '../runtime/wait-status.ts';
import { enterFailure } from './enter.ts';
import { machinesOwn } from './machines-own.ts';
import { type MountPoint, missingMounts, parseMounts, sealSteps } from './mounts.ts';
import { WarmContainer } from './warm-container.ts';

/** Milliseconds that apptainer may take: an image on a dead file system hangs for ever. */
const limit = 60_000;

/** Milliseconds between two looks at whether it is done. */
const interval = 3;

const program = `/tmp/${waitStatusNames.program}`;

export interface SetUpOptions {
  readonly apptainer: Apptainer;
  readonly guardian: Guardian;
  readonly clock: Clock;
  /** Contains the directories of all claims, and becomes `/srv` of the container. */
  readonly claims: string;
  /** A directory for this container alone, below that of the claims. It is gone when this is done. */
  readonly root: string;
  /** The path of the program that enters containers. */
  readonly enter: string;
  readonly image: string;
  /** What the group mounts into all its payloads. */
  readonly mounts: readonly Mount[];
}

/**
 * Has apptainer set up a container, seals its mounts, gives its namespaces to a server, and ends the process that was in it.
 * @throws GlideinError RuntimeFailed when that is impossible here
 */
export async function setUpContainer(options: SetUpOptions): Promise<WarmContainer> {
  const { root, enter, apptainer, claims, clock } = options;
  const handles: FileHandle[] = [];
  const opened = async (path: string, flags: string) => {
    const handle = await open(path, flags);
    handles.push(handle);
    return handle;
  };
  let holder: ContainerProcess | undefined;
  try {
    await makeDirectory(options);
    const [nothing, log] = await Promise.all([opened('/dev/null', 'r'), opened(join(root, 'log'), 'a')]);
    holder = hold(options, [nothing.fd, log.fd, log.fd]);
    const pid = await firstProcess(holder, join(root, 'log'), clock);
    const [user, mounts, environment, mountinfo] = await Promise.all([
      opened(`/proc/${pid}/ns/user`, 'r'),
      opened(`/proc/${pid}/ns/mnt`, 'r'),
      readFile(`/proc/${pid}/environ`, 'utf8'),
      readFile(`/proc/${pid}/mountinfo`, 'utf8'),
    ]);
    requireSame(holder, pid);
    const machines = machinesOwn(process.getuid?.());
    await seal(enter, sealSteps(requireMounts(mountinfo), machines), { user, mounts });
    return new WarmContainer({
      machines,
      server: new ProcessServer(enter, {
        args: ['serve'],
        descriptors: [user.fd, mounts.fd],
        owner: dirname(claims),
      }),
      tier: apptainer.tier,
      environment: parseEnvironment(environment),
    });
  } finally {
    await Promise.all(handles.map((handle) => handle.close()));
    holder?.kill();
    await holder?.ended.catch(() => undefined);
    await removeTree(root);
  }
}

async function makeDirectory({ root }: SetUpOptions): Promise<void> {
  const temporary = join(root, 'work/tmp');
  await mkdir(temporary, { recursive: true });
  placeWaitStatus(temporary);
  closeGate(temporary);
  await writeFile(join(root, 'environment'), '');
}

/** The program waits for a gate that nobody opens. */
function hold(
  { apptainer, guardian, clock, claims, root, image, mounts }: SetUpOptions,
  streams: readonly [number, number, number],
): ContainerProcess {
  const args = containerArguments(apptainer.tier, {
    image,
    job: claims,
    work: join(root, 'work'),
    environmentFile: join(root, 'environment'),
    gpus: undefined,
    mounts,
    network: 'Shared',
    command: [program, `/tmp/${waitStatusNames.gate}`, `/tmp/${waitStatusNames.record}`, '/'],
  });
  const outer = runOuter({ file: apptainer.path, args }, streams, root);
  return new ContainerProcess({ outer, guardian, onStuck: () => {} }, clock);
}

/** Waits until the container is up. @returns the number of the process in it */
async function firstProcess(holder: ContainerProcess, log: string, clock: Clock): Promise<number> {
  const deadline = clock.monotonic() + limit;
  while (holder.pid !== undefined && !holder.exited && clock.monotonic() < deadline) {
    const pid = containerProcesses(holder.pid).find((each) => commandOf(each).startsWith(`${program}\0`));
    if (pid !== undefined) return pid;
    await sleep(clock, interval);
  }
  const said = await readFile(log, 'utf8');
  const last = said.split('\n').findLast((line) => line.trim() !== '') ?? 'it printed nothing';
  throw new GlideinError('RuntimeFailed', `apptainer did not set it up: ${truncate(last, 300)}`);
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1');
  } catch {
    return '';
  }
}

/** Whoever has the number now had it when its namespaces were opened: the holder is still its ancestor. */
function requireSame(holder: ContainerProcess, pid: number): void {
  if (holder.pid !== undefined && !holder.exited && containerProcesses(holder.pid).includes(pid)) return;
  throw new GlideinError('RuntimeFailed', 'apptainer ended while the container was set up');
}

/** The seal has none of the limits of payloads. */
const nothingToLimit = ['seal', '0', '0'];

function requireMounts(mountinfo: string): MountPoint[] {
  const found = parseMounts(mountinfo);
  const missing = missingMounts(found);
  if (missing.length === 0) return found;
  throw new GlideinError('RuntimeFailed', `the container has no ${missing.join(', ')} of its own`);
}

async function seal(
  enter: string,
  steps: readonly string[],
  { user, mounts }: Record<'user' | 'mounts', FileHandle>,
): Promise<void> {
  const args = [...nothingToLimit, ...steps];
  const child = spawn(enter, args, { env: {}, stdio: ['ignore', 'pipe', 'ignore', user.fd, mounts.fd] });
  const [said, [code]] = await Promise.all([
    child.stdout === null ? '' : text(child.stdout),
    once(child, 'exit'),
  ]);
  if (code === 0) return;
  const [, , word = 0, error = 0] = said.split(' ').map(Number);
  throw new GlideinError('RuntimeFailed', enterFailure(args, { word, error }).reason);
}

function parseEnvironment(text: string): ReadonlyMap<string, string> {
  const pairs = text.split('\0').filter((entry) => entry.includes('='));
  return new Map(
    pairs.map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]),
  );
}
