import { stat } from 'node:fs/promises';
import type { Clock } from '#base/clock.ts';
import { sleep } from '#base/sleep.ts';
import { type ReadSpec, readSpecFile } from './spec-file.ts';

/** Milliseconds between two looks: Kubernetes changes mounted files by moving a link further up, of which no watcher tells. */
const interval = 2000;

/**
 * Reads a specification again whenever its file changes, until `signal` aborts.
 * @param before what `signatureOf` said before it was read first
 */
export async function followSpecFile(
  file: string,
  before: string,
  {
    clock,
    apply,
    refuse,
  }: {
    readonly clock: Clock;
    readonly apply: (read: ReadSpec) => void;
    readonly refuse: (error: unknown) => void;
  },
  signal: AbortSignal,
): Promise<void> {
  let seen = before;
  for (;;) {
    await sleep(clock, interval, signal);
    if (signal.aborted) return;
    const now = await signatureOf(file);
    if (now === seen) continue;
    seen = now;
    try {
      apply(await readSpecFile(file));
    } catch (error) {
      refuse(error);
    }
  }
}

/** Another text for another file under the same path. */
export async function signatureOf(file: string): Promise<string> {
  return await stat(file, { bigint: true }).then(
    ({ dev, ino, size, mtimeNs }) => `${dev}:${ino}:${size}:${mtimeNs}`,
    () => 'away',
  );
}
