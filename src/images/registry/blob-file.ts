import { stat } from 'node:fs/promises';
import { systemCode } from '#base/system-error.ts';

/** A file of a blob, or of what has come of one. */
export interface BlobFile {
  readonly path: string;
  readonly size: number;
  /** Milliseconds since the epoch. */
  readonly usedAt: number;
}

/** Undefined if there is none: it may have got its name, or have gone, since its directory was read. */
export async function blobAt(path: string): Promise<BlobFile | undefined> {
  try {
    const { size, mtimeMs } = await stat(path);
    return { path, size, usedAt: mtimeMs };
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
