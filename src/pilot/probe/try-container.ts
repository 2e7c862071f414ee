import { type ContainerRun, containerArguments } from '../runtime/apptainer.ts';
import { runProgram } from './run-program.ts';
import type { ProgramRun } from './tier-of.ts';

export interface ProbePlaces {
  readonly image: string;
  readonly job: string;
  readonly work: string;
  readonly environmentFile: string;
}

/**
 * Runs the probe image exactly as payloads run, except that apptainer says what it does.
 *
 * **Gotchas.** Where FUSE does not work, apptainer may unpack an image file for each container, which takes seconds and fills the disk. It
 * says so only if it is not told to be silent.
 */
export function tryContainer(
  apptainer: string,
  tier: 'A' | 'B',
  places: ProbePlaces,
  command: readonly string[],
  network: ContainerRun['network'],
): Promise<ProgramRun> {
  const args = containerArguments(tier, {
    ...places,
    gpus: undefined,
    mounts: [],
    network,
    command,
  });
  return runProgram(
    apptainer,
    args.filter((argument) => argument !== '--silent'),
  );
}

/** `apptainer version 1.4.5` → `1.4.5`; empty if it does not say. */
export async function versionOf(apptainer: string): Promise<string> {
  const { output } = await runProgram(apptainer, ['--version']);
  return /([0-9]+\.[0-9]+(\.[0-9]+)?\S*)/.exec(output)?.[1] ?? '';
}
