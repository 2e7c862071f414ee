import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCode } from '#base/system-error.ts';
import { type ImageSetStatus, imageSetStatus } from '#spec/image-set-status.ts';

/** Where publishers keep what they know, below their state: one file for each set. */
export const setsIn = (state: string): string => join(state, 'sets');

/** What a publisher has written of its set; undefined if there is nothing that can be read. Then registries tell it again. */
export async function readStatus(file: string): Promise<ImageSetStatus | undefined> {
  try {
    return imageSetStatus.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (error) {
    const code = systemCode(error);
    if (code !== undefined && code !== 'ENOENT') throw error;
    return undefined;
  }
}
