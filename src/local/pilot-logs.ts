import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Logs of ended pilots that are kept: the newest, some kilobytes each. */
const kept = 200;

/** The logs of pilots in the directory of all logs: one each, named after the pilot. */
export class PilotLogs {
  readonly #directory: string;
  readonly #kept: number;
  readonly #open = new Set<string>();

  constructor(directory: string, most = kept) {
    this.#directory = directory;
    this.#kept = most;
  }

  /** The file for a pilot that starts now. Logs of pilots that ended long ago make room for it. */
  async begin(pilot: string): Promise<string> {
    this.#open.add(nameOf(pilot));
    // What cannot be removed now keeps no pilot from starting.
    await this.#sweep().catch(() => undefined);
    return join(this.#directory, nameOf(pilot));
  }

  /** The pilot has ended: its log is one of those that may go some day. */
  end(pilot: string): void {
    this.#open.delete(nameOf(pilot));
  }

  async #sweep(): Promise<void> {
    const names = (await readdir(this.#directory)).filter(
      (name) => isPilotLog(name) && !this.#open.has(name),
    );
    if (names.length <= this.#kept) return;
    const found = await Promise.all(
      names.map(async (name) => {
        const path = join(this.#directory, name);
        return {
          path,
          at: await stat(path).then(
            ({ mtimeMs }) => mtimeMs,
            () => 0,
          ),
        };
      }),
    );
    found.sort((a, b) => b.at - a.at);
    await Promise.all(found.slice(this.#kept).map(({ path }) => rm(path, { force: true })));
  }
}

const nameOf = (pilot: string): string => `${pilot}.log`;

/** `GROUP-LIFE-NUMBER.log`, as `glidein up` names pilots; whatever else lies here is not ours to remove. */
const isPilotLog = (name: string): boolean => /^.+-[0-9a-z]+-[0-9]+\.log$/.test(name);
