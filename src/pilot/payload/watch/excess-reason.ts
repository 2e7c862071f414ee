import { formatBytes } from '#base/quantity.ts';

const mebi = 2 ** 20;

const inMebi = (bytes: number): string => `${Math.ceil(bytes / mebi)} MiB`;

/** The hold reason of a job that used too much memory. @param asked what the job asked for, in MiB */
export function memoryReason(used: number, given: number, asked: number | undefined): string {
  const wanted = asked === undefined ? '' : ` and asked for ${asked} MiB`;
  const rounded = asked !== undefined && asked * mebi === given ? '' : ` (it was given ${inMebi(given)})`;
  return `the job used ${inMebi(used)} of memory${wanted}${rounded}: write a larger request_memory`;
}

/**
 * The hold reason of a job that the kernel killed before the pilot saw how much memory it used.
 * @param limit bytes that the pilot and its payloads may take together
 * @param asked what the job asked for, in MiB
 */
export function killedReason(limit: number, given: number, asked: number | undefined): string {
  const request = asked === undefined ? `it was given ${inMebi(given)}` : `it asked for ${asked} MiB`;
  const rounded = asked === undefined || asked * mebi === given ? '' : ` and was given ${inMebi(given)}`;
  return `the kernel killed the job when all ${inMebi(limit)} of its pilot's memory was used up, and no other job there had exceeded its request; ${request}${rounded}: write a larger request_memory`;
}

/** The hold reason of a job that used too much disk. @param asked what the job asked for, in KiB */
export function diskReason(used: number, given: number, asked: number | undefined): string {
  const wanted = asked === undefined ? '' : ` and asked for ${formatBytes(asked * 1024)}B`;
  const rounded =
    asked !== undefined && asked * 1024 === given ? '' : ` (it was given ${formatBytes(given)}B)`;
  return `the job used ${formatBytes(used)}B of disk${wanted}${rounded}: write a larger request_disk`;
}

/** The hold reason of a job that had too many processes. Counting stops soon after the limit. */
export const processesReason = (counted: number, allowed: number): string =>
  `the job had ${counted} processes and threads or more, and its group allows ${allowed}: start fewer at a time`;

/** The hold reason of a job that had more processes than its share when its pilot could make hardly any more. */
export const usedUpProcessesReason = (counted: number, limit: number): string =>
  `the job had ${counted} processes and threads when the ${limit} that its pilot may have were nearly used up: start fewer at a time`;

/** The hold reason of a job that opened too many files. */
export const openFilesReason = (counted: number, allowed: number): string =>
  `a process of the job had ${counted} files open or more, and its group allows ${allowed}: close files that are no longer needed`;
