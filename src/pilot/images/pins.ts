import { readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Clock, Timer } from '#base/clock.ts';
import { makeFolders } from '#base/make-folders.ts';

/** Milliseconds between two signs of life of whoever uses an image, and those after which it counts as dead. */
const beat = 60_000;
const silence = 600_000;

/**
 * Which images are in use, by all the pilots that share a directory: a file for each use, which its pilot touches as long as it lives.
 * Process ids would not do, because pods that share a volume do not see each other's processes.
 */
export class Pins {
  readonly #directory: string;
  readonly #owner: string;
  readonly #clock: Clock;
  readonly #own = new Set<string>();
  #made = 0;
  #timer: Timer | undefined;

  /** @param owner tells the pilot from all others that share the directory */
  constructor(directory: string, owner: string, clock: Clock) {
    this.#directory = join(directory, '.pins');
    this.#owner = owner.replaceAll(/[^A-Za-z0-9-]/g, '-');
    this.#clock = clock;
  }

  /** From now on the image is in use. @returns what ends this use */
  async pin(hex: string): Promise<() => Promise<void>> {
    await makeFolders(this.#directory);
    this.#made += 1;
    const path = join(this.#directory, `${hex}.${this.#owner}-${this.#made}`);
    await writeFile(path, '');
    this.#own.add(path);
    this.#timer ??= this.#clock.after(beat, () => void this.#beat());
    return async () => {
      this.#own.delete(path);
      // A timer would keep the pilot from ending.
      if (this.#own.size === 0) this.#stopBeating();
      await rm(path, { force: true });
    };
  }

  /** The images that somebody uses. Forgets the uses of pilots that are dead. */
  async pinned(): Promise<ReadonlySet<string>> {
    const names = await readdir(this.#directory).catch(() => []);
    const pinned = new Set([...this.#own].map((path) => hexOf(basename(path))));
    for (const name of names) {
      const path = join(this.#directory, name);
      const seen = await stat(path).catch(() => undefined);
      if (seen === undefined) continue;
      if (this.#own.has(path)) continue;
      if (this.#clock.wall() - seen.mtimeMs < silence) pinned.add(hexOf(name));
      else await rm(path, { force: true });
    }
    return pinned;
  }

  /** To others, a pilot that was stopped for a while has been dead. */
  async #touch(path: string, now: number): Promise<void> {
    try {
      await utimes(path, now, now);
    } catch {
      if (!this.#own.has(path)) return;
      await writeFile(path, '').catch(() => undefined);
      await utimes(path, now, now).catch(() => undefined);
      // Its use may have ended meanwhile.
      if (!this.#own.has(path)) await rm(path, { force: true });
    }
  }

  #stopBeating(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  async #beat(): Promise<void> {
    this.#timer = undefined;
    const now = this.#clock.wall() / 1000;
    await Promise.all([...this.#own].map((path) => this.#touch(path, now)));
    if (this.#own.size > 0) this.#timer ??= this.#clock.after(beat, () => void this.#beat());
  }
}

/** The image that a file of a use is about. */
const hexOf = (name: string): string => name.slice(0, name.indexOf('.'));
