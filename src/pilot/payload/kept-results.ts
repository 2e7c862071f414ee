import { createHash } from 'node:crypto';
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describeError } from '#base/error.ts';
import type { Logger } from '#telemetry/logger.ts';
import { type ClaimRef, claimKey } from '#wire/claim.ts';
import { type Finished, finished } from '#wire/pilot-messages.ts';

/**
 * Results of payloads on the disk, until the pool has recorded them: a pilot that comes again after it was killed can still
 * tell how its payloads ended. Their files are in the pool's spool already.
 *
 * **Gotchas.** They need not survive the machine: what comes again then is another pilot. So nothing waits for the disk.
 */
export class KeptResults {
  readonly #directory: string;
  readonly #logger: Logger;

  /** @param directory the pilot's own */
  constructor(directory: string, logger: Logger) {
    this.#directory = join(directory, 'results');
    this.#logger = logger;
  }

  /** Keeps a result. If that is impossible, it is only kept in memory. */
  keep(message: Finished): void {
    const path = this.#pathOf(message.claim);
    try {
      mkdirSync(this.#directory, { recursive: true });
      // Whoever reads it finds all of it, or none.
      writeFileSync(`${path}.new`, JSON.stringify(message));
      renameSync(`${path}.new`, path);
    } catch (error) {
      this.#logger.warn({ problem: describeError(error) }, 'a result is not on the disk');
    }
  }

  forget(claim: ClaimRef): void {
    rmSync(this.#pathOf(claim), { force: true });
  }

  /** All that an earlier process has kept. What cannot be read is left out: its job runs again. */
  async load(): Promise<Finished[]> {
    const names = await readdir(this.#directory).catch(() => []);
    const read = names
      .filter((name) => !name.endsWith('.new'))
      .map((name) => readFile(join(this.#directory, name), 'utf8').then(parse, () => undefined));
    return (await Promise.all(read)).filter((message) => message !== undefined);
  }

  #pathOf(claim: ClaimRef): string {
    return join(this.#directory, createHash('sha256').update(claimKey(claim)).digest('hex'));
  }
}

function parse(text: string): Finished | undefined {
  try {
    return finished.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
