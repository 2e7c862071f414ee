import { createReadStream, globSync, readFileSync, type Stats, statSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import { architecture } from '#base/architecture.ts';
import { systemClock } from '#base/clock.ts';
import { describeError, GlideinError } from '#base/error.ts';
import type { CommandLine } from '#submit/command-line.ts';
import { parseSubmit, type SubmitDescription, type SubmitOptions } from '#submit/parse-submit.ts';
import type { Terminal } from '../terminal.ts';
import { hasEnd, readBounded, sizeOfPath } from './regular-file.ts';

/**
 * Reads a submit file, or standard input when `file` is `-`, and what it names. Without a file, the command line is everything.
 * @throws GlideinError NotFound when it cannot be read; whatever `parseSubmit` throws
 */
export async function readDescription(
  file: string | undefined,
  commandLine: CommandLine,
  terminal: Terminal,
): Promise<SubmitDescription> {
  if (file === '')
    throw new GlideinError('InvalidArgument', 'the name of the submit file is empty', {
      cure: 'name a file that exists, or - for standard input',
    });
  // Relative names start from the working directory, as with condor_submit, not from the submit file.
  const { directory } = terminal;
  return parseSubmit(await contentOf(file, terminal), {
    // HTCondor's name for a file that is not there.
    file: file ?? 'null',
    commandLine,
    owner: terminal.user,
    directory,
    now: Math.floor(systemClock.wall() / 1000),
    environment: Object.fromEntries(
      Object.entries(terminal.environment).filter(
        (entry): entry is [string, string] => entry[1] !== undefined,
      ),
    ),
    random: Math.random,
    ...(process.getuid !== undefined && { userId: process.getuid() }),
    platform: { arch: architecture(process.arch), opsys: 'LINUX' },
    ...filesFrom(directory),
  });
}

async function contentOf(file: string | undefined, terminal: Terminal): Promise<string> {
  if (file === undefined) return '';
  return file === '-'
    ? await readBounded(terminal.input, 'standard input')
    : await readSubmitFile(resolve(terminal.directory, file), file);
}

function filesFrom(directory: string): Pick<SubmitOptions, 'readFile' | 'listFiles' | 'sizeOf'> {
  const sizes = new Map<string, number | undefined>();
  return {
    readFile(name) {
      try {
        const path = isAbsolute(name) ? name : resolve(directory, name);
        return hasEnd(statSync(path, { throwIfNoEntry: false })) ? readFileSync(path, 'utf8') : undefined;
      } catch {
        return undefined;
      }
    },
    listFiles: (pattern) =>
      globSync(pattern, { cwd: directory, withFileTypes: true }).map((entry) => {
        const found = resolve(entry.parentPath, entry.name);
        const name = isAbsolute(pattern) ? found : found.slice(resolve(directory).length + 1);
        return statOf(found)?.isDirectory() === true ? `${name}/` : name;
      }),
    // Thousands of jobs share their inputs.
    sizeOf(path) {
      if (!sizes.has(path)) sizes.set(path, sizeOfPath(path));
      return sizes.get(path);
    },
  };
}

/** Undefined for whatever cannot be examined: whether that is an error shows when it is uploaded. */
function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

async function readSubmitFile(path: string, name: string): Promise<string> {
  try {
    return await readBounded(createReadStream(path), `the submit file ${name}`);
  } catch (cause) {
    if (cause instanceof GlideinError) throw cause;
    const why = whyUnreadable(cause) ?? describeError(cause);
    throw new GlideinError('NotFound', `the submit file ${name} ${why}`, {
      cause,
      cure: 'name a file that exists, or - for standard input',
    });
  }
}

const unreadable: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  ENOTDIR: 'does not exist',
  EACCES: 'cannot be read',
  EISDIR: 'is a directory',
  ELOOP: 'is a symbolic link that leads back to itself',
  ENAMETOOLONG: 'has a name that is too long',
};

/** Why a file cannot be read, for reasons that the user can do something about. */
export const whyUnreadable = (error: unknown): string | undefined =>
  unreadable[(error as NodeJS.ErrnoException).code ?? ''];
