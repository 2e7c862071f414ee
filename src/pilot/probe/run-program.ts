import { execFile } from 'node:child_process';
import { environmentOf } from '../runtime/apptainer.ts';
import type { ProgramRun } from './tier-of.ts';

/** Milliseconds after which a program that does not answer counts as broken. */
const limit = 60_000;

/** Runs a program with an environment of its own. Does not throw. */
export function runProgram(file: string, args: readonly string[], timeout = limit): Promise<ProgramRun> {
  return new Promise((resolve) => {
    execFile(
      file,
      [...args],
      { env: environmentOf(file), timeout, killSignal: 'SIGKILL' },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : error.code;
        resolve({
          code: typeof code === 'number' ? code : undefined,
          output: `${stdout}${stderr}${typeof code === 'string' ? code : ''}`.trim(),
          ...(code === 'ENOENT' && { missing: true }),
        });
      },
    );
  });
}
