import { type FileHandle, open } from 'node:fs/promises';
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
  readonly #files = new Map<string, FileHandle>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Seconds since the epoch. */
  get at(): number {
    return this.#now();
  }

  /** Writes the file of one job. @param job its directory, which has the folder for it */
  async open(job: string): Promise<void> {
    const file = await open(join(job, scratchFiles.features, deadlineFile), 'w');
    await write(file, this.at);
    this.#files.set(job, file);
  }

  /** The deadline is another one. */
  async moved(): Promise<void> {
    await Promise.all([...this.#files.values()].map((file) => write(file, this.at).catch(() => undefined)));
  }

  async close(job: string): Promise<void> {
    const file = this.#files.get(job);
    this.#files.delete(job);
    await file?.close();
  }
}

const write = (file: FileHandle, seconds: number) => file.write(`${String(seconds).padStart(10, '0')}\n`, 0);
