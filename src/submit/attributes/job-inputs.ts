import { posix } from 'node:path';
import { truncate } from '#base/truncate.ts';
import { clusterPlaceholder } from '../language/cluster-number.ts';
import { containerCommands, imageOf } from './container.ts';
import type { GivenValue, Read } from './given-value.ts';
import { workingDirectory } from './job-directory.ts';
import { type ProxyWorld, proxyOf } from './proxy.ts';

/** A URL, and its scheme. */
export const url = /^([a-z][a-z0-9+.-]*):\/\//i;

/** A file of the submitter's machine that a job needs in its directory. */
export interface JobInput {
  /** Absolute, on the submitter's machine. */
  readonly path: string;
  /** Its name in the job's directory; with `contents`, the folder that they go to, empty for the job's directory itself. */
  readonly name: string;
  readonly executable: boolean;
  /** Only the contents of the directory travel, because it was written with a slash at its end. */
  readonly contents?: true;
}

export const executableCommands = ['executable', 'transfer_executable', ...containerCommands];

/** Every command that {@link inputsOf} reads. */
export const inputCommands: readonly string[] = [
  ...executableCommands,
  'input',
  'transfer_input',
  'transfer_input_files',
  'preserve_relative_paths',
  'initialdir',
  'x509userproxy',
  'use_x509userproxy',
];

/** Whether the executable is copied: not if the user says so, or if it is an absolute path in a container. */
export function copiesExecutable(read: Read, executable: GivenValue): boolean {
  const told = read('transfer_executable')?.boolean();
  return told ?? !(executable.text.startsWith('/') && imageOf(read) !== undefined);
}

/**
 * The files that must travel with a job; URLs are left to the pilot, which finds them in TransferInput. Of two files with the
 * same name the later one wins: the executable comes last, after standard input, as in HTCondor.
 * @throws GlideinError InvalidSubmitFile when a path contains the cluster number
 */
export function inputsOf(read: Read, world: ProxyWorld): JobInput[] {
  const { directory } = world;
  const inputs = [...namedFiles(read, world)];
  const stdin = read('input');
  if (stdin !== undefined && copiesStdin(read, stdin)) {
    const from = workingDirectory(read, directory);
    inputs.push(makeInput(stdin, posix.resolve(from, stdin.unquoted()), false));
  }
  const executable = read('executable');
  if (executable !== undefined && copiesExecutable(read, executable))
    inputs.push(makeInput(executable, posix.resolve(directory, executable.unquoted()), true));
  return inputs;
}

/** The files of `transfer_input_files` and the proxy. */
function* namedFiles(read: Read, world: ProxyWorld): Generator<JobInput> {
  const from = workingDirectory(read, world.directory);
  const files = read('transfer_input_files');
  const preserve = read('preserve_relative_paths')?.boolean() ?? false;
  for (const file of files?.list() ?? []) {
    if (files === undefined || url.test(file)) continue;
    yield listedInput(files, file, from, preserve);
  }
  const proxy = proxyOf(read, world);
  const value = read('x509userproxy') ?? read('use_x509userproxy');
  if (proxy !== undefined && value !== undefined) yield makeInput(value, posix.normalize(proxy), false);
}

/** An entry of transfer_input_files; a relative path may keep its folders. */
function listedInput(value: GivenValue, file: string, from: string, preserve: boolean): JobInput {
  requireNumber(value, file);
  const path = posix.resolve(from, file);
  const contents = /(^|\/)\.{0,2}$/.test(file) || undefined;
  if (!preserve || file.startsWith('/'))
    return contents ? { path, name: '', executable: false, contents } : makeInput(value, path, false);
  const name = posix.normalize(file).replace(/\/$/, '').replace(/^\.$/, '');
  if (name === '..' || name.startsWith('../')) {
    throw value.fault(
      `"${truncate(file, 80)}" is outside the directory, so its path cannot be preserved`,
      'name it by an absolute path, or leave out preserve_relative_paths',
    );
  }
  return { path, name, executable: false, ...(contents && { contents }) };
}

/** Whether standard input travels with the job. */
export function copiesStdin(read: Read, stdin: GivenValue): boolean {
  return stdin.unquoted() !== '/dev/null' && (read('transfer_input')?.boolean() ?? true);
}

function requireNumber(value: GivenValue, path: string): void {
  if (!path.includes(clusterPlaceholder)) return;
  throw value.fault(
    'the name of an input cannot contain the cluster number, which only the pool assigns',
    'use another macro',
  );
}

function makeInput(value: GivenValue, path: string, executable: boolean): JobInput {
  requireNumber(value, path);
  const name = posix.basename(path);
  if (name === '') throw value.fault(`"${path}" is not a file`, 'write the name of a file');
  return { path, name, executable };
}
