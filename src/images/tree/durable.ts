import { execFile } from 'node:child_process';
import { open, opendir, rename, rm, symlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { syncDirectory } from '#base/sync-directory.ts';

/** Makes a file durable under its name, whatever was there before. */
export async function writeDurably(path: string, content: string | Buffer): Promise<void> {
  const temporary = temporaryOf(path);
  const file = await open(temporary, 'w', 0o644);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
  await syncDirectory(dirname(path));
}

/** Makes a path a symbolic link, whatever link was there before: at no moment is there none. */
export async function linkDurably(path: string, target: string): Promise<void> {
  const temporary = temporaryOf(path);
  await rm(temporary, { force: true });
  await symlink(target, temporary);
  await rename(temporary, path);
  await syncDirectory(dirname(path));
}

/** Names with a dot at the beginning are no images. */
const temporaryPrefix = '.new-';

const temporaryOf = (path: string): string => join(dirname(path), `${temporaryPrefix}${basename(path)}`);

/** Makes a whole tree durable: by its file system at once, if there is a `sync` that can do that, and else file by file. */
export async function syncTree(path: string): Promise<void> {
  try {
    await promisify(execFile)('sync', ['-f', path]);
  } catch {
    await syncEach(path);
  }
}

async function syncEach(path: string): Promise<void> {
  for await (const entry of await opendir(path, { recursive: true })) {
    if (!entry.isFile() && !entry.isDirectory()) continue;
    await syncDirectory(join(entry.parentPath, entry.name));
  }
  await syncDirectory(path);
}
