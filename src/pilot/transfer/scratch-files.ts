/**
 * What the pilot puts into the job's directory, under HTCondor's names where it has some: none of it is the job's output.
 * `temporary` is a folder.
 */
export const scratchFiles = { jobAd: '.job.ad', machineAd: '.machine.ad', temporary: '.tmp' } as const;

const names: ReadonlySet<string> = new Set(Object.values(scratchFiles));

/** @param path of a file or folder, from the job's directory on: what lies in a folder of such a name counts as well */
export const isPilotsOwn = (path: string): boolean => names.has(path.split('/', 1)[0] ?? path);
