import { opendirSync } from 'node:fs';

/** A name that need not be UTF-8, in a folder that a payload has made. */
export interface FolderEntry {
  readonly name: Buffer;
  /** Of the entry itself: links are not followed. */
  isDirectory(): boolean;
}

/**
 * The entries of a folder, one after the other, because there may be millions. Whoever takes many must let other work have its
 * turn.
 * @throws the error of the file system
 */
export function* folderEntries(folder: Buffer): Generator<FolderEntry> {
  // Node can give names as bytes, but its types know that only of `readdir`.
  const opened = opendirSync(folder as unknown as string, { encoding: 'buffer' as BufferEncoding });
  try {
    for (let entry = opened.readSync(); entry !== null; entry = opened.readSync())
      yield entry as unknown as FolderEntry;
  } finally {
    opened.closeSync();
  }
}
