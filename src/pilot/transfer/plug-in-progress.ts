import { readFileSync } from 'node:fs';

/** Milliseconds over which the speed is an average: a server may take a while to find a file. */
const span = 120_000;

/** Whether a program transfers anything, as the bytes tell that its processes read and write. */
export class Progress {
  readonly #least: number;
  readonly #bytes = new Map<number, number>();
  #moved = 0;
  #since: number;

  /** @param least bytes a second @param now monotonic milliseconds */
  constructor(least: number, now: number) {
    this.#least = least;
    this.#since = now;
  }

  /**
   * Looks at the processes. Of one that ended between two looks, the last bytes are not counted.
   * @param read the bytes that a process has read and written so far
   */
  isTooSlow(pids: readonly number[], now: number, read: (pid: number) => number = bytesMoved): boolean {
    for (const pid of pids) {
      const bytes = read(pid);
      this.#moved += Math.max(0, bytes - (this.#bytes.get(pid) ?? 0));
      this.#bytes.set(pid, bytes);
    }
    if (now - this.#since < span) return false;
    const isSlow = this.#moved < (this.#least * (now - this.#since)) / 1000;
    this.#moved = 0;
    this.#since = now;
    return isSlow;
  }
}

/** What it reads and writes by system calls, files and sockets alike; 0 when it has ended. */
function bytesMoved(pid: number): number {
  try {
    const text = readFileSync(`/proc/${pid}/io`, 'latin1');
    return [...text.matchAll(/^[rw]char: (\d+)$/gm)].reduce((sum, [, digits]) => sum + Number(digits), 0);
  } catch {
    return 0;
  }
}
