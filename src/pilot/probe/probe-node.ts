import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '#base/clock.ts';
import { GlideinError } from '#base/error.ts';
import { makeFolders } from '#base/make-folders.ts';
import { amount } from '#spec/fields.ts';
import type { PilotOrder } from '#spec/pilot-order.ts';
import type { Logger } from '#telemetry/logger.ts';
import type { AdTexts } from '#wire/ad-texts.ts';
import type { Apptainer } from '../runtime/apptainer.ts';
import { findMounts, pilotsOwn } from '../runtime/mounts.ts';
import { removeTree } from '../runtime/remove-tree.ts';
import { readMachine } from '../slots/machine.ts';
import { slotAd } from '../slots/slot-ad.ts';
import { slotSize } from '../slots/slot-size.ts';
import { apptainerCandidates, findApptainer } from './find-apptainer.ts';

/** What the probe has found: how payloads run here, and the slot that can be offered. */
export interface Node {
  readonly apptainer: Apptainer;
  readonly slot: AdTexts;
}

export interface ProbeOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/**
 * Makes the pilot's directories, finds a container runtime that works, and compares what was declared with what the
 * machine has.
 * @throws GlideinError RuntimeFailed or Unsupported when no payload could run here
 */
export async function probeNode(order: PilotOrder, options: ProbeOptions): Promise<Node> {
  const { clock, logger, environment } = options;
  requireOpenFiles();
  await prepareDirectories(order);
  const { runtime } = order.spec;
  const [apptainer, machine, { mounts }] = await Promise.all([
    findApptainer({
      candidates: apptainerCandidates(order.apptainer, environment),
      directory: order.directory,
      cacheDirectory: order.cacheDirectory,
      network: runtime.network,
      clock,
      logger,
    }),
    readMachine(order.directory),
    findMounts(runtime.binds, pilotsOwn(order)),
  ]);
  const { cpus, memory, disk, gpus } = order.spec;
  const declared = { cpus, memory: amount(memory), disk: amount(disk), gpus };
  const { size, shortages } = slotSize(declared, machine);
  for (const shortage of shortages) logger.warn(shortage, 'the machine has less than declared');
  return { apptainer, slot: slotAd(order, machine, size, { apptainer, mounts }).toTexts() };
}

/** Removes what an earlier pilot has left here: its claims belong to nobody. */
async function prepareDirectories(order: PilotOrder): Promise<void> {
  await removeTree(join(order.directory, 'claims'));
  await Promise.all([makeFolders(order.directory), makeFolders(join(order.cacheDirectory, 'blobs'))]);
}

/** The fewest open files that a pilot can do with: its own, its connections, and those of payloads in transfer. */
const least = 256;

/** Limits of this process. (Node raises the soft limit of open files to the hard one when it starts.) */
const allowed = (): string => readFileSync('/proc/self/limits', 'utf8');

/** @throws GlideinError RuntimeFailed when so few files may be open that good jobs would fail here */
export function requireOpenFiles(limits: string = allowed()): void {
  const [, soft] = /^Max open files\s+(\d+|unlimited)/m.exec(limits) ?? [];
  if (soft === undefined || soft === 'unlimited' || Number(soft) >= least) return;
  throw new GlideinError(
    'RuntimeFailed',
    `this node allows a pilot only ${soft} open files, and it needs ${least}`,
    {
      cure: 'raise the limit, with "ulimit -n" or LimitNOFILE',
    },
  );
}
