import type { ClassAd } from '#classad/class-ad.ts';
import { asString } from '#classad/value.ts';
import { type AdTexts, adFromTexts } from '#wire/ad-texts.ts';
import type { Resources } from '#wire/claim.ts';
import type { Discovery } from './discovery.ts';

/** The share of a pilot that a claim takes: HTCondor's dynamic slot. */
export interface ClaimedSlot {
  /** Its name in HTCondor's form, such as `slot1_2`. */
  readonly slot: string;
  readonly resources: Resources;
  /** Numbers of its GPUs, as CUDA counts them. */
  readonly gpus: readonly number[];
  /** The job's directory, as the payload sees it. */
  readonly scratch: string;
  /** The ad of the pilot's whole slot. */
  readonly pilot: AdTexts;
  /** By when nothing of the payload runs any more, as known when it starts: seconds since the epoch. */
  readonly deadline: number;
  /** How it finds the services of the pilot. */
  readonly services: Discovery;
  /** The span that what it does itself belongs to, as a `traceparent`; absent if there is none. */
  readonly traceParent?: string | undefined;
}

/** The ad of the claimed slot, as in HTCondor's `.machine.ad`: the pilot's ad, reduced to what the claim takes. */
export function machineAd({ slot, resources, gpus, pilot }: ClaimedSlot): ClassAd {
  const ad = adFromTexts(pilot);
  const { cpus, memory, disk } = resources;
  const own = {
    Name: `${slot}@${asString(ad.evaluate('Name')) ?? ''}`,
    SlotType: 'Dynamic',
    DynamicSlot: true,
    State: 'Claimed',
    Cpus: cpus,
    TotalSlotCpus: cpus,
    Memory: memory,
    TotalSlotMemory: memory,
    Disk: disk,
    TotalSlotDisk: disk,
    GPUs: resources.gpus,
    TotalSlotGPUs: resources.gpus,
    ...(gpus.length > 0 && { AssignedGPUs: gpus.join(',') }),
  };
  ad.delete('PartitionableSlot');
  for (const [name, value] of Object.entries(own)) ad.setValue(name, value);
  return ad;
}

/**
 * The ad of a job that starts, as in HTCondor's `.job.ad`: what was submitted, and where, when and with which resources it
 * runs. As there, Iwd is where the job is now, and OrigIwd where it was submitted.
 * @param now seconds since the epoch
 */
export function startedAd(job: AdTexts, claimed: ClaimedSlot, now: number, epoch: number): ClassAd {
  const ad = adFromTexts(job);
  const { cpus, memory, disk, gpus } = claimed.resources;
  const before = ad.get('Iwd');
  if (before !== undefined) ad.set('OrigIwd', before);
  const own = {
    Iwd: claimed.scratch,
    JobStatus: 2,
    NumShadowStarts: epoch,
    EnteredCurrentStatus: now,
    JobCurrentStartDate: now,
    RemoteHost: asString(machineAd(claimed).evaluate('Name')) ?? '',
    CpusProvisioned: cpus,
    MemoryProvisioned: memory,
    DiskProvisioned: disk,
    GpusProvisioned: gpus,
  };
  for (const [name, value] of Object.entries(own)) ad.setValue(name, value);
  return ad;
}
