import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describeError } from '#base/error.ts';
import { ownerOf } from '#base/process-owner.ts';
import { milliseconds } from '#spec/fields.ts';
import type { PilotOrder } from '#spec/pilot-order.ts';
import type { Check } from '#spec/validation.ts';
import { chooseImage, imageRulesOf } from '../payload/start/choose-image.ts';
import { environmentFile } from '../payload/start/environment-file.ts';
import { type Apptainer, containerArguments, environmentOf } from '../runtime/apptainer.ts';
import { findGpus } from '../runtime/gpu-devices.ts';
import { killGroup } from '../runtime/kill.ts';
import { findMounts, pilotsOwn } from '../runtime/mounts.ts';
import { removeTree } from '../runtime/remove-tree.ts';

/** How a script has ended. */
export interface CheckRun {
  readonly passed: boolean;
  readonly stdout: string;
  /** Why it failed: how it ended, and the last lines of what it said. Empty if it passed. */
  readonly reason: string;
}

/** Characters of standard output and of standard error that are kept: the first of the one, the last of the other. */
const kept = 65_536;

/** Milliseconds for the rest of its output: a process that has left its group may keep the pipe open for ever. */
const lastWords = 1000;

/** How much of what it said becomes the reason. */
const said = { lines: 3, characters: 400 };

/** Runs one script of an administrator, in its image or as a child of this process. Does not throw. */
export async function runCheck(
  check: Check,
  order: PilotOrder,
  apptainer: Apptainer | undefined,
  signal: AbortSignal,
): Promise<CheckRun> {
  const failed = (reason: string): CheckRun => ({ passed: false, stdout: '', reason });
  try {
    const root = await mkdtemp(join(order.directory, `validation-${check.name}-`));
    try {
      const started = await commandOf(check, order, apptainer, root);
      if (typeof started === 'string') return failed(started);
      return await run(started, join(root, 'job'), milliseconds(check.timeLimit), signal);
    } finally {
      // What cannot be removed goes with the pilot's directory; the script has said what it had to say.
      await removeTree(root).catch(() => undefined);
    }
  } catch (error) {
    // Such as a full disk, or a process table that is full: the node is no good now.
    return failed(describeError(error));
  }
}

/** What a script finds in its environment, and nothing of the pilot's. */
const variablesOf = ({ name, group, site, directory }: PilotOrder) => ({
  PATH: '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin',
  GLIDEIN_Name: name,
  GLIDEIN_Group: group,
  GLIDEIN_Site: site,
  GLIDEIN_Directory: directory,
});

interface Started {
  readonly command: readonly string[];
  /** Of the program itself; what a container sees is in a file. */
  readonly environment: Readonly<Record<string, string>>;
}

/** @returns a string if its image cannot be used: why */
async function commandOf(
  check: Check,
  order: PilotOrder,
  apptainer: Apptainer | undefined,
  root: string,
): Promise<Started | string> {
  const [job, work] = [join(root, 'job'), join(root, 'work')];
  await Promise.all([mkdir(job), mkdir(join(work, 'tmp'), { recursive: true })]);
  if (check.image === undefined) return { command: check.command, environment: variablesOf(order) };
  if (apptainer === undefined) return 'its image needs containers, and this pilot has none';
  const { images, binds, network } = order.spec.runtime;
  const choice = await chooseImage(check.image, imageRulesOf(images, apptainer));
  if ('reason' in choice) return choice.reason;
  const [gpus, { mounts }] = await Promise.all([findGpus(), findMounts(binds, pilotsOwn(order))]);
  const variables = join(root, 'environment');
  const { PATH: _, ...environment } = variablesOf(order);
  await writeFile(variables, environmentFile(new Map(Object.entries(environment))));
  const args = containerArguments(apptainer.tier, {
    image: choice.image,
    job,
    work,
    environmentFile: variables,
    gpus: gpus?.vendor,
    mounts,
    network,
    command: check.command,
  });
  return { command: [apptainer.path, ...args], environment: environmentOf(apptainer.path) };
}

function run(
  { command: [program = '', ...args], environment }: Started,
  cwd: string,
  limit: number,
  signal: AbortSignal,
): Promise<CheckRun> {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd,
      env: { ...environment, ...ownerOf(process.env) },
      // A process group of its own, so that what it has started ends with it.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [stdout, stderr, late] = ['', '', false];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (stdout.length < kept) stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr = `${stderr}${text}`.slice(-kept);
    });
    const kill = () => {
      if (child.pid !== undefined) killGroup(child.pid);
    };
    const timer = setTimeout(() => {
      late = true;
      kill();
    }, limit);
    signal.addEventListener('abort', kill, { once: true });
    if (signal.aborted) kill();
    const end = (how: string | undefined) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', kill);
      child.stdout.destroy();
      child.stderr.destroy();
      const reason = how === undefined ? '' : withLastLines(how, stderr.trim() === '' ? stdout : stderr);
      resolve({ passed: how === undefined, stdout: stdout.slice(0, kept), reason });
    };
    child.once('error', (error) => end(error.message));
    child.once('exit', (code, killed) => {
      const how = late ? `it did not end within ${limit / 1000} seconds` : `it ended with ${killed ?? code}`;
      // What it has left behind dies, and its pipes end, once all that is in them has been read.
      kill();
      const over = () => end(code === 0 ? undefined : how);
      const tooLong = setTimeout(over, lastWords);
      child.once('close', () => {
        clearTimeout(tooLong);
        over();
      });
    });
  });
}

function withLastLines(how: string, output: string): string {
  const lines = output.trim().split('\n').slice(-said.lines).join('; ').slice(-said.characters);
  return lines === '' ? how : `${how}: ${lines}`;
}
