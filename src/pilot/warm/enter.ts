import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { getSystemErrorName } from 'node:util';
import { GlideinError } from '#base/error.ts';
import type { ServedFailure } from '../runtime/process-server.ts';
import { programs } from './enter-programs.ts';

/**
 * Places the program that puts a payload into a container that is set up already. See `hack/payload-programs/enter.c`.
 * @param directory where no payload can replace it
 * @throws GlideinError Unsupported on a machine that it is not compiled for
 */
export async function placeEnter(directory: string, machine: string = process.arch): Promise<string> {
  const program = programs[machine];
  if (program === undefined) {
    throw new GlideinError('Unsupported', `there is no program for ${machine} that enters a container`);
  }
  const path = join(directory, '.glidein-enter');
  // Nothing can be written to a program that still runs.
  await rm(path, { force: true });
  await writeFile(path, Buffer.from(program, 'base64'), { mode: 0o755 });
  return path;
}

/** What the words before the first step stand for when they fail. */
const beforeSteps = ['', 'its namespaces or files', 'the limit of processes', 'the limit of open files'];

const firstStep = beforeSteps.length;

/** Words of a step that a reason repeats: a mount, its source, its target. */
const shown = 3;

export interface EnterFailure {
  readonly reason: string;
  /** The number of the system's error. */
  readonly error: number;
}

/**
 * Why the program could not do what it was asked for.
 * @param words what it was asked for, from the limits on
 */
export function enterFailure(words: readonly string[], { word, error }: ServedFailure): EnterFailure {
  const step = word < firstStep ? beforeSteps[word] : words.slice(word - 1, word - 1 + shown).join(' ');
  return { error, reason: `${step}: ${getSystemErrorName(-error)}` };
}
