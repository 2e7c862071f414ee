import { constants } from 'node:os';
import type { Outcome } from '#wire/outcome.ts';
import type { WaitStatus } from '../../runtime/wait-status.ts';

/** Some signals have two names; the first is the usual one. */
const signalNames = new Map<number, string>();
for (const [name, number] of Object.entries(constants.signals)) {
  if (!signalNames.has(number)) signalNames.set(number, name);
}

/** Signals that often kill processes: what is guessed if only apptainer's exit code is known. */
const guessed: ReadonlySet<number> = new Set([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 31]);

const signalled = (signal: number): Outcome => ({
  kind: 'signalled',
  signal: signalNames.get(signal) ?? `SIG${signal}`,
});

/**
 * How the payload ended, as its parent inside the container saw it. Without that parent, it is derived from how apptainer
 * ended.
 *
 * **Gotchas.** Apptainer turns signal n into exit code 128 + n, as shells do. So without the parent, a payload that itself
 * returns such a code counts as killed.
 */
export function exitOutcome(
  code: number | null,
  signal: NodeJS.Signals | null,
  seen: WaitStatus | undefined,
): Outcome {
  if (seen?.signal !== undefined) return signalled(seen.signal);
  if (seen?.exitCode !== undefined) return { kind: 'exited', exitCode: seen.exitCode };
  if (signal !== null) return { kind: 'signalled', signal };
  if (guessed.has((code ?? 0) - 128)) return signalled((code ?? 0) - 128);
  return { kind: 'exited', exitCode: code ?? 0 };
}
