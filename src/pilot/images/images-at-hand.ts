import { access } from 'node:fs/promises';
import type { HeldImage } from './fetched-images.ts';

/** The most images that are told of beyond those in use. */
const mostUnused = 16;

/** The attribute of the slot: a list in a string, for jobs as `stringListMember("sha256:…", TARGET.ImageDigests)`. */
export interface ImagesAttributes {
  readonly ImageDigests: string;
}

interface Known {
  readonly digest: string;
  /** Payloads that run in it. */
  users: number;
}

/**
 * Which published or fetched images the pilot has at hand: those in which payloads run, and those that it has used last. Jobs may prefer a
 * pilot for them, and whoever removes images asks for them, so none in use is ever left out. An image is known by its
 * directory, `…/.images/sha256/AB/DIGEST`; one that lies elsewhere has no digest here.
 */
export class ImagesAtHand {
  readonly #changed: (attributes: ImagesAttributes) => void;
  /** The used ones by their paths, the one that was used longest ago first. */
  readonly #known = new Map<string, Known>();

  constructor(changed: (attributes: ImagesAttributes) => void) {
    this.#changed = changed;
  }

  /** The image of a payload, which is at hand from now on. */
  use<T extends HeldImage>(image: T): T {
    const digest = digestOf(image.path);
    if (digest === undefined) return image;
    const before = this.#known.get(image.path);
    const known = before ?? { digest, users: 0 };
    known.users += 1;
    this.#putLast(image.path, known);
    if (before === undefined) this.#added();
    const release = async () => {
      known.users -= 1;
      this.#putLast(image.path, known);
      await image.release();
    };
    return { ...image, release };
  }

  #putLast(path: string, known: Known): void {
    this.#known.delete(path);
    this.#known.set(path, known);
  }

  #added(): void {
    const unused = this.#unused();
    for (const path of unused.slice(0, Math.max(0, unused.length - mostUnused))) this.#known.delete(path);
    this.#tell();
    // No payload waits for this: the file system may not answer.
    void this.#forgetRemoved();
  }

  /** Others remove images, too: whoever has made room for one, or the publisher. */
  async #forgetRemoved(): Promise<void> {
    const paths = this.#unused();
    const gone = await Promise.all(paths.map(isGone));
    const forgotten = paths.filter((path, at) => gone[at] === true && this.#known.get(path)?.users === 0);
    for (const path of forgotten) this.#known.delete(path);
    if (forgotten.length > 0) this.#tell();
  }

  #unused(): string[] {
    return [...this.#known].filter(([, { users }]) => users === 0).map(([path]) => path);
  }

  /** In order, so that pilots with the same images say the same. */
  #tell(): void {
    const digests = new Set([...this.#known.values()].map(({ digest }) => digest));
    this.#changed({ ImageDigests: [...digests].sort().join(',') });
  }
}

const digestOf = (path: string): string | undefined => {
  const [, hex] = /\/\.images\/sha256\/[0-9a-f]{2}\/([0-9a-f]{64})$/.exec(path) ?? [];
  return hex === undefined ? undefined : `sha256:${hex}`;
};

const isGone = (path: string): Promise<boolean> =>
  access(path).then(
    () => false,
    () => true,
  );
