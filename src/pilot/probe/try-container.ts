import { execFile } from 'node:child_process';
import { ownerOf } from '#base/process-owner.ts';
import { type ContainerRun, containerArguments } from '../runtime/apptainer.ts';
import type { ProgramRun } from './tier-of.ts';

/** Milliseconds after which a runtime that does not answer counts as broken. */
const limit = 60_000;

export interface ProbePlaces {
  readonly image: string;
  readonly job: string;
  readonly work: string;
  readonly environmentFile: string;
}

/** Runs the probe image exactly as payloads run. */
export function tryContainer(
  apptainer: string,
  tier: 'A' | 'B',
  places: ProbePlaces,
  command: string,
  network: ContainerRun['network'],
): Promise<ProgramRun> {
  const args = containerArguments(tier, {
    ...places,
    gpus: undefined,
    mounts: [],
    network,
    command: [command],
  });
  return runProgram(apptainer, args);
}

/** `apptainer version 1.4.5` → `1.4.5`; empty if it does not say. */
export async function versionOf(apptainer: string): Promise<string> {
  const { output } = await runProgram(apptainer, ['--version']);
  return /([0-9]+\.[0-9]+(\.[0-9]+)?\S*)/.exec(output)?.[1] ?? '';
}

function runProgram(file: string, args: readonly string[]): Promise<ProgramRun> {
  const env = { PATH: '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin' };
  return new Promise((resolve) => {
    execFile(
      file,
      [...args],
      { env: { ...env, ...ownerOf(process.env) }, timeout: limit, killSignal: 'SIGKILL' },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : error.code;
        resolve({
          code: typeof code === 'number' ? code : undefined,
          output: `${stdout}${stderr}${typeof code === 'string' ? code : ''}`.trim(),
        });
      },
    );
  });
}
