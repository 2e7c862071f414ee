import { constants, type FSWatcher, watch } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { type Marker, markerName, readMarker } from './first-step.ts';

/**
 * Waits for the marker to appear, and remembers that it did: a payload that deletes the marker cannot pass its own failure
 * off as the pilot's.
 */
export class MarkerWatch {
  readonly #path: string;
  readonly #onAppear: () => void;
  #watcher: FSWatcher | undefined;
  #seen = false;

  constructor(directory: string, onAppear: () => void) {
    this.#path = join(directory, markerName);
    this.#onAppear = onAppear;
    this.#watcher = watch(directory, (_event, name) => {
      if (name === markerName) this.#appeared();
    });
    this.#watcher.on('error', () => this.#close());
  }

  /** Ask this once the container has ended. */
  async result(): Promise<Marker> {
    const content = await readSmall(this.#path).catch(() => (this.#seen ? '' : undefined));
    if (content !== undefined) this.#appeared();
    this.#close();
    return readMarker(content);
  }

  #appeared(): void {
    if (this.#seen) return;
    this.#seen = true;
    // Whatever else happens in the payload's /tmp does not matter.
    this.#close();
    this.#onAppear();
  }

  #close(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
  }
}

/** The payload may have replaced the marker by anything: a link must not be followed, and a pipe must not block. */
async function readSmall(path: string): Promise<string> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    if (!(await file.stat()).isFile()) return '';
    const { buffer, bytesRead } = await file.read(Buffer.alloc(64), 0, 64, 0);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}
