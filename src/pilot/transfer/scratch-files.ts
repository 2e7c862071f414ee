/**
 * What the pilot puts into the job's directory, under HTCondor's names where it has some: none of it is the job's output.
 * `temporary` is a folder.
 */
export const scratchFiles = { jobAd: '.job.ad', machineAd: '.machine.ad', temporary: '.tmp' } as const;

const names: ReadonlySet<string> = new Set(Object.values(scratchFiles));

/** @param name in the job's directory */
export const isPilotsOwn = (name: string): boolean => names.has(name);
