import { join } from 'node:path';
import { apptainerCandidates } from '#base/apptainer-candidates.ts';
import type { Clock } from '#base/clock.ts';
import { GlideinError } from '#base/error.ts';
import { makeFolders } from '#base/make-folders.ts';
import { truncate } from '#base/truncate.ts';
import { amount } from '#spec/fields.ts';
import type { PilotOrder } from '#spec/pilot-order.ts';
import type { Logger } from '#telemetry/logger.ts';
import type { AdTexts } from '#wire/ad-texts.ts';
import type { Finding, Lack } from '#wire/finding.ts';
import type { Apptainer } from '../runtime/apptainer.ts';
import { canKeep } from '../runtime/keep.ts';
import { findMounts, pilotsOwn } from '../runtime/mounts.ts';
import { slotAd } from '../slots/slot-ad.ts';
import { slotSize } from '../slots/slot-size.ts';
import type { FoundPlugIn } from '../transfer/plug-in.ts';
import { findApptainer } from './find-apptainer.ts';
import { RememberedNamespaces } from './namespaces.ts';
import { requireOpenFiles } from './open-files.ts';
import { findPlugIns } from './plug-ins.ts';
import { survey } from './survey.ts';
import { sweepLeftovers } from './sweep-leftovers.ts';

/** What the probe has found: how payloads run here, and the slot that can be offered. */
export interface Node {
  /** Undefined: the group wants payloads without containers. */
  readonly apptainer: Apptainer | undefined;
  readonly slot: AdTexts;
  readonly lacks?: readonly Lack[];
  /** Plug-ins that work here. */
  readonly plugIns?: readonly FoundPlugIn[];
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
  await sweepLeftovers(order.directory, options);
  await Promise.all([makeFolders(order.directory), makeFolders(join(order.cacheDirectory, 'blobs'))]);
  const { runtime } = order.spec;
  const [apptainer, { machine, findings: ofNode }, { mounts }, { plugIns, findings: ofPlugIns, schemes }] =
    await Promise.all([
      runtime.mode === 'Direct'
        ? requireKeeper()
        : findApptainer({
            candidates: apptainerCandidates(order.apptainer, environment),
            directory: order.directory,
            cacheDirectory: order.cacheDirectory,
            network: runtime.network,
            files: runtime.images.files !== 'None',
            clock,
            logger,
          }),
      survey(order.directory, new RememberedNamespaces(order.cacheDirectory, clock)),
      findMounts(runtime.binds, pilotsOwn(order)),
      findPlugIns(order.spec.transfer, order.directory, { clock, logger }),
    ]);
  const findings = [...ofNode, ...ofPlugIns];
  const { cpus, memory, disk, gpus } = order.spec;
  const declared = { cpus, memory: amount(memory), disk: amount(disk), gpus };
  const { size, shortages } = slotSize(declared, machine);
  for (const shortage of shortages) logger.warn(shortage, 'the machine has less than declared');
  logger.info({ findings: findings.map(inWords) }, 'node probed');
  const seen = { ...attributesOf(findings), ...nodeIn(environment) };
  const slot = slotAd(order, machine, size, { apptainer, mounts, seen, schemes }).toTexts();
  const lacks = findings.filter(({ verdict }) => verdict !== 'good').map(lackOf);
  return { apptainer, slot, lacks, plugIns };
}

/** In a pod the host's name is that of the pod; the pod's specification tells which node it is on. */
function nodeIn(environment: ProbeOptions['environment']): Record<string, string> {
  const node = environment.GLIDEIN_NODE_NAME ?? '';
  return node === '' ? {} : { GLIDEIN_Node: node };
}

/** @throws GlideinError Unsupported where nothing would end what a payload without a container leaves behind */
async function requireKeeper(): Promise<undefined> {
  if (!canKeep())
    throw new GlideinError(
      'Unsupported',
      `payloads without containers do not run on ${process.arch} processors`,
    );
}

/** As a log shows it. */
const inWords = ({ what, verdict, evidence }: Finding): string => `${what} (${verdict}): ${evidence}`;

const lackOf = ({ what, evidence }: Finding): Lack => ({ what, evidence: truncate(evidence, 200) });

const attributesOf = (findings: readonly Finding[]): Finding['attributes'] =>
  Object.assign({}, ...findings.map(({ attributes }) => attributes));
