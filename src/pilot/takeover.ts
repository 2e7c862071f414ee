import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { GlideinError } from '#base/error.ts';
import { makeFolders } from '#base/make-folders.ts';
import { ProcessLock } from '#base/process-lock.ts';
import type { PilotOrder } from '#spec/pilot-order.ts';
import type { Logger } from '#telemetry/logger.ts';
import type { Finished } from '#wire/pilot-messages.ts';
import { KeptResults } from './payload/kept-results.ts';

/** What this process goes on with if an earlier one of the same pilot was killed here. */
export interface Takeover {
  /** As which process it says hello: as the earlier one, because that is proved to be dead. */
  readonly process: string;
  /** More connections than the earlier ones can have made. */
  readonly connections: number;
  readonly results: KeptResults;
  /** Results that the earlier process has kept. */
  readonly unrecorded: readonly Finished[];
  /** Held until this process ends, however it ends. */
  readonly lock: ProcessLock;
}

/** What is on the disk of a process. */
const written = z.object({ uid: z.string(), process: z.string().max(64), starts: z.int().min(0) });

/** No process makes so many connections. */
const mostConnections = 1_000_000;

/**
 * Takes the pilot's directory for this process, and with it, if the earlier process there was the same pilot (by its uid), that
 * process's name: the pool then need not wait for its lease to learn that its payloads are dead, and takes its results.
 *
 * **Gotchas.** Two processes with one name would take each other's claims, so the lock comes first. The payloads of the earlier
 * process must be dead before the first hello: see `probe/sweep-leftovers.ts`.
 * @throws GlideinError Conflict while another pilot uses the directory
 */
export async function takeOver(
  { directory, uid }: Pick<PilotOrder, 'directory' | 'uid'>,
  { random, logger }: { readonly random: () => number; readonly logger: Logger },
): Promise<Takeover> {
  await makeFolders(directory);
  const lock = ProcessLock.take(join(directory, 'lock'));
  if (lock === undefined)
    throw new GlideinError('Conflict', `another pilot uses the directory ${directory}`, {
      cure: 'give each pilot a directory of its own',
    });
  const path = join(directory, 'process.json');
  const results = new KeptResults(directory, logger);
  const before = await readWritten(path);
  if (before?.uid !== uid) {
    await rm(join(directory, 'results'), { recursive: true, force: true });
    const process = Math.floor(random() * 36 ** 10).toString(36);
    await write(path, { uid, process, starts: 0 });
    return { process, connections: 0, results, unrecorded: [], lock };
  }
  const { process } = before;
  const starts = before.starts + 1;
  await write(path, { uid, process, starts });
  const unrecorded = await results.load();
  logger.warn({ starts, results: unrecorded.length }, 'this pilot was killed here, and goes on');
  return { process, connections: starts * mostConnections, results, unrecorded, lock };
}

async function readWritten(path: string): Promise<z.infer<typeof written> | undefined> {
  try {
    return written.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch {
    return undefined;
  }
}

async function write(path: string, content: z.infer<typeof written>): Promise<void> {
  await writeFile(`${path}.new`, JSON.stringify(content));
  await rename(`${path}.new`, path);
}
