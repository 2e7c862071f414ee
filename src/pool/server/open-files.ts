import { readFile } from 'node:fs/promises';

/** Files that the pool itself and the uploads and downloads of blobs may have open besides connections. */
const kept = 2560;

/** At least this many connections, however few files a process may open. */
const leastConnections = 64;

/**
 * The most connections for which this process has files: at the limit of the system the pool could not open its own files any
 * more. Undefined where the limit is not known.
 */
export async function mostConnections(limits = '/proc/self/limits'): Promise<number | undefined> {
  const text = await readFile(limits, 'utf8').catch(() => '');
  const soft = /^Max open files +([0-9]+)/m.exec(text)?.[1];
  return soft === undefined ? undefined : Math.max(leastConnections, Number(soft) - kept);
}
