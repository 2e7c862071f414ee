import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { scratchFiles } from './claim-directory.ts';

/** What batch systems call the file that says by when a job must have ended (HEPiX machine/job features). */
const deadlineFile = 'shutdowntime_job';

/**
 * By when nothing of a payload runs any more, in seconds since the epoch, for payloads that want to know: in a file in the
 * job's directory, which follows when the deadline moves.
 *
 * **Gotchas.** The payload owns that directory, and could put a link in place of the file. Each file is therefore opened once,
 * before the payload runs, and written in place: ten digits replace ten digits.
 */
export class Deadline {
  readonly #now: () => number;
  readonly #files = new Map<string, number>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Seconds since the epoch. */
  get at(): number {
    return this.#now();
  }

  /** Writes the file of one job. @param job its directory, which has the folder for it */
  open(job: string): void {
    const file = openSync(join(job, scratchFiles.features, deadlineFile), 'w');
    this.#files.set(job, file);
    write(file, this.at);
  }

  /** The deadline is another one. */
  moved(): void {
    for (const file of this.#files.values()) {
      try {
        write(file, this.at);
      } catch {
        // The disk is full, or broken: the payload learns nothing.
      }
    }
  }

  close(job: string): void {
    const file = this.#files.get(job);
    this.#files.delete(job);
    if (file !== undefined) closeSync(file);
  }
}

const write = (file: number, seconds: number) => writeSync(file, `${String(seconds).padStart(10, '0')}\n`, 0);
