import { open } from 'node:fs/promises';
import type { PilotSpec } from '#spec/pilot.ts';
import type { Apptainer } from '../../runtime/apptainer.ts';
import { absentUnlessFault } from '../../runtime/node-fault.ts';
import type { FaultClass } from '../claim/fault-class.ts';

/** Whether image files are run: what the group says, and what the probe has found out. */
export interface FileRules {
  readonly wanted: PilotSpec['runtime']['images']['files'];
  readonly works: Apptainer['files'];
}

/** The first bytes of a file; undefined when it cannot be read. */
export type ReadBeginning = (path: string) => Promise<Buffer | undefined>;

/** SIF has its mark at this place, after a line for the shell. */
const markAt = 32;

const beginning = 64;

export const readBeginning: ReadBeginning = async (path) => {
  const file = await open(path, 'r').catch(absentUnlessFault);
  if (file === undefined) return undefined;
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(beginning), 0, beginning, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
};

/** SIF, or the file system inside it on its own. */
const isImage = (bytes: Buffer): boolean =>
  bytes.toString('latin1', markAt, markAt + 9) === 'SIF_MAGIC' || bytes.toString('latin1', 0, 4) === 'hsqs';

/** Why an image file cannot be run here; undefined: it can, as far as its beginning shows. */
export async function faultOfFile(
  name: string,
  path: string,
  { wanted, works }: FileRules,
  read: ReadBeginning = readBeginning,
): Promise<{ readonly fault: FaultClass; readonly reason: string } | undefined> {
  const bytes = await read(path);
  if (bytes === undefined) return { fault: 'image', reason: `the image ${name} cannot be read` };
  if (!isImage(bytes))
    return { fault: 'image', reason: `the image ${name} is neither a directory nor an image file (SIF)` };
  if (wanted === 'None')
    return {
      fault: 'image',
      reason: `the image ${name} is a file, and this group runs expanded images only, which are directories`,
    };
  if (works?.works === true) return undefined;
  // Only a job that does not say which images it needs comes here, and another pilot may be able to run it.
  const why = works === undefined ? '' : `: ${works.reason}`;
  return { fault: 'source', reason: `this pilot cannot run image files such as ${name}${why}` };
}
