import { ClassAd } from '#classad/class-ad.ts';
import type { SubmitRequest } from '#wire/jobs.ts';

/** The texts of a slot that takes everything, unless `more` says otherwise. */
export const slotTexts = (more: Readonly<Record<string, string>> = {}): Record<string, string> => ({
  MyType: '"Machine"',
  PartitionableSlot: 'true',
  Cpus: '4',
  Memory: '4096',
  Disk: '1048576',
  GPUs: '0',
  Start: 'true',
  Requirements: 'Start',
  ...more,
});

/** The texts of a job that takes every slot with a core, unless `more` says otherwise. */
export const jobTexts = (more: Readonly<Record<string, string>> = {}): Record<string, string> => ({
  Cmd: '"/bin/true"',
  RequestCpus: '1',
  RequestMemory: '128',
  RequestDisk: '1024',
  Requirements: 'true',
  ...more,
});

export const slotAd = (more?: Readonly<Record<string, string>>): ClassAd =>
  ClassAd.fromTexts(slotTexts(more));

export const jobAd = (more?: Readonly<Record<string, string>>): ClassAd => ClassAd.fromTexts(jobTexts(more));

let keys = 0;

/** A submit of `procs` equal jobs, under a key of its own. */
export function submitOf(procs = 1, more?: Readonly<Record<string, string>>): SubmitRequest {
  keys += 1;
  return {
    key: `test-key-${process.pid}-${keys}`,
    cluster: jobTexts(more),
    procs: Array.from({ length: procs }, () => ({ attributes: {}, inputs: [] })),
  };
}
