import { existsSync, type FSWatcher, watch } from 'node:fs';
import { join } from 'node:path';
import { readSmall } from '../../runtime/wait-status.ts';
import { type Marker, markerName, readMarker } from './first-step.ts';

/** Milliseconds between looks where the kernel cannot tell. */
const interval = 20;

/**
 * Waits for the marker to appear, and remembers that it did: a payload that deletes the marker cannot pass its own failure
 * off as the pilot's.
 *
 * **Gotchas.** The kernel allows a user only so many watches of files, and payloads have the pilot's user: one that takes all of
 * them must not keep others from starting.
 */
export class MarkerWatch {
  readonly #path: string;
  readonly #onAppear: () => void;
  #watcher: FSWatcher | undefined;
  #timer: NodeJS.Timeout | undefined;
  #seen = false;

  /** @param watchFolder as that of `node:fs` */
  constructor(directory: string, onAppear: () => void, watchFolder: typeof watch = watch) {
    this.#path = join(directory, markerName);
    this.#onAppear = onAppear;
    try {
      this.#watcher = watchFolder(directory, (_event, name) => {
        if (name === markerName) this.#appeared();
      });
      this.#watcher.on('error', () => this.#look());
    } catch {
      this.#look();
    }
  }

  /** Ask this once the container has ended. */
  result(): Marker {
    const content = this.#read();
    if (content !== undefined) this.#appeared();
    this.#close();
    return readMarker(content);
  }

  #read(): string | undefined {
    try {
      return readSmall(this.#path, 64) ?? '';
    } catch {
      return this.#seen ? '' : undefined;
    }
  }

  #appeared(): void {
    if (this.#seen) return;
    this.#seen = true;
    // Whatever else happens in the payload's /tmp does not matter.
    this.#close();
    this.#onAppear();
  }

  /** Looks again and again instead. */
  #look(): void {
    this.#close();
    if (this.#seen) return;
    this.#timer = setInterval(() => {
      if (existsSync(this.#path)) this.#appeared();
    }, interval);
  }

  #close(): void {
    clearInterval(this.#timer);
    this.#watcher?.close();
    this.#watcher = undefined;
  }
}
