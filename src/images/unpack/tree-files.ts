import { createHash, type Hash } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  futimesSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  openSync,
  rmSync,
  statfsSync,
  symlinkSync,
  utimesSync,
  writeSync,
} from 'node:fs';
import type { ByteName } from './tree-index.ts';

/**
 * The files of an image on disk, below one directory.
 *
 * **Gotchas.** Calls are synchronous: an image has thousands of small files, and one call after the other takes a fraction of what
 * the thread pool takes. So whoever also serves others unpacks in a process of its own. The caller resolves paths
 * ({@link walk}): no part of a path is a symbolic link.
 */
export class TreeFiles {
  readonly #root: Buffer;

  constructor(root: string) {
    this.#root = Buffer.from(root.endsWith('/') ? root : `${root}/`);
  }

  /** Bytes that are free on its disk, and how many more files and directories it can take: infinitely many where it has no bound. */
  free(): { readonly bytes: number; readonly files: number } {
    const { bavail, bsize, files, ffree } = statfsSync(this.#root);
    return { bytes: bavail * bsize, files: files === 0 ? Number.POSITIVE_INFINITY : ffree };
  }

  makeDirectory(path: ByteName): void {
    mkdirSync(this.#at(path), 0o755);
  }

  makeLink(path: ByteName, target: ByteName, modifiedAt: number): void {
    const at = this.#at(path);
    symlinkSync(Buffer.from(target, 'latin1'), at);
    lutimesSync(at, modifiedAt / 1000, modifiedAt / 1000);
  }

  /** Another name for a file that is there. */
  linkFile(existing: ByteName, path: ByteName): void {
    linkSync(this.#at(existing), this.#at(path));
  }

  newFile(path: ByteName): NewFile {
    return new NewFile(this.#at(path));
  }

  /** Removes a file, a link, or a directory with all that is in it. */
  remove(path: ByteName): void {
    // rmSync of a path in bytes is not supported for trees: the characters are kept by decoding and encoding alike.
    rmSync(this.#at(path), { recursive: true, force: true });
  }

  /** Gives a directory its permissions and its time, once nothing is put into it any more. */
  finishDirectory(path: ByteName, mode: number, modifiedAt: number | undefined): void {
    const at = this.#at(path);
    if (mode !== 0o755) chmodSync(at, mode);
    if (modifiedAt !== undefined) utimesSync(at, modifiedAt / 1000, modifiedAt / 1000);
  }

  #at(path: ByteName): Buffer {
    return Buffer.concat([this.#root, Buffer.from(path, 'latin1')]);
  }
}

/** A file that is being written. */
export class NewFile {
  readonly #fd: number;
  readonly #hash: Hash = createHash('sha256');

  constructor(path: Buffer) {
    const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants;
    this.#fd = openSync(path, O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY, 0o644);
  }

  write(chunk: Buffer): void {
    this.#hash.update(chunk);
    for (let from = 0; from < chunk.length; ) from += writeSync(this.#fd, chunk, from);
  }

  /** @returns the SHA-256 of the content, in hexadecimal */
  finish(mode: number, modifiedAt: number): string {
    if (mode !== 0o644) fchmodSync(this.#fd, mode);
    futimesSync(this.#fd, modifiedAt / 1000, modifiedAt / 1000);
    closeSync(this.#fd);
    return this.#hash.digest('hex');
  }

  /** Gives up; what has been written stays where it is. */
  abandon(): void {
    closeSync(this.#fd);
  }
}
