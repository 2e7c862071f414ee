import { amount } from './fields.ts';
import type { PilotSpec } from './pilot.ts';
import { reserved } from './services/reserved.ts';
import { schemesOf } from './transfer.ts';

/** An attribute of a slot before it becomes a ClassAd: a literal, or an expression as text. */
export type SlotAttribute = boolean | number | string | { readonly expression: string };

const mebi = 2 ** 20;
const kibi = 2 ** 10;

/**
 * Which kinds of images a pilot can run. An image from a registry counts, because it is published to the pilot as a directory.
 * Image files count where the group wants them; a pilot that has no FUSE says otherwise. OSG's jobs ask for HAS_SINGULARITY.
 */
const images: Readonly<Record<PilotSpec['runtime']['mode'], Record<string, boolean>>> = {
  Apptainer: {
    HasContainer: true,
    HasSandboxImage: true,
    HasDockerURL: true,
    HasDocker: true,
    HasSingularity: true,
    HAS_SINGULARITY: true,
  },
  Direct: { HasContainer: false, HasDirect: true },
};

/** A job must say that it wants to run without a container: its owner has to know that others on the node can reach it. */
const accepts: Readonly<Record<PilotSpec['runtime']['mode'], string>> = {
  Apptainer: 'Start',
  Direct: 'Start && (TARGET.WantDirect =?= true)',
};

/** The attribute that says whether a service can be used. */
export const hasService = (name: string): string => `HasService_${name}`;

/**
 * The slot ad of a pilot with this specification, as far as it is known before the pilot runs. The pilot registers it, and
 * pressure matches jobs against it to find out whether a fresh pilot would help.
 * Units are HTCondor's: Memory in MiB, Disk in KiB.
 * @param arch the processor architecture of the nodes as HTCondor writes it; one that the group declares takes precedence
 */
export function slotAttributes(spec: PilotSpec, arch: string): Record<string, SlotAttribute> {
  const taken = reserved(spec.services, spec.gpus);
  const cpus = spec.cpus - taken.cpus;
  const gpus = spec.gpus - taken.gpus;
  const memory = Math.floor((amount(spec.memory) - taken.memory) / mebi);
  const disk = Math.floor((amount(spec.disk) - taken.disk) / kibi);
  return {
    // First, so that the attributes below override them: a group cannot redefine what a slot is.
    ...spec.attributes,
    MyType: 'Machine',
    // Jobs made by condor_submit compare this version; without it their Requirements are an error.
    CondorVersion: '$CondorVersion: 25.14.1 2026-09-01 BuildID: glidein $',
    Arch: declared(spec, 'arch') ?? arch,
    OpSys: 'LINUX',
    Cpus: cpus,
    TotalSlotCpus: cpus,
    Memory: memory,
    TotalSlotMemory: memory,
    Disk: disk,
    TotalSlotDisk: disk,
    GPUs: gpus,
    TotalSlotGPUs: gpus,
    PartitionableSlot: true,
    SlotType: 'Partitionable',
    HasFileTransfer: true,
    HasFileTransferPluginMethods: schemesOf(spec.transfer).join(','),
    HasSelfCheckpointTransfers: true,
    ...images[spec.runtime.mode],
    HasSIF: spec.runtime.mode === 'Apptainer' && spec.runtime.images.files !== 'None',
    ...Object.fromEntries(spec.services.map(({ name }) => [hasService(name), true])),
    Start: { expression: spec.start },
    Requirements: { expression: accepts[spec.runtime.mode] },
  };
}

/** An attribute that the group declares; the case of its name does not matter. */
const declared = ({ attributes }: PilotSpec, key: string): SlotAttribute | undefined =>
  Object.entries(attributes).find(([name]) => name.toLowerCase() === key)?.[1];
