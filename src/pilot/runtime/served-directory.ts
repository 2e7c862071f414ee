import { opendir } from 'node:fs/promises';
import { absentUnlessFault } from './node-fault.ts';

/**
 * Reads the beginning of a directory. What is only looked up may still be known to the kernel after the server of a file system
 * (CVMFS, or another of FUSE) has died.
 * @throws the faults of the node
 */
export async function requireServed(path: string): Promise<void> {
  const directory = await opendir(path).catch(absentUnlessFault);
  try {
    await directory?.read();
  } catch (error) {
    absentUnlessFault(error);
  } finally {
    await directory?.close();
  }
}
