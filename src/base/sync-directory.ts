import { open } from 'node:fs/promises';

/** Makes renames, new files and new directories durable: they are so only once the directory that contains them is synced. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
