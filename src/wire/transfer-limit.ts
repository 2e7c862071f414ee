import type { ClassAd } from '#classad/class-ad.ts';

const mebi = 2 ** 20;

/**
 * Bytes that a job lets itself bring along or leave behind: its MaxTransferInputMB or MaxTransferOutputMB, which are whole
 * MiB. Undefined when it sets no limit, as a negative number does, and what is no number.
 */
export function transferLimit(ad: ClassAd, direction: 'Input' | 'Output'): number | undefined {
  const most = ad.evaluateNumber(`MaxTransfer${direction}MB`) ?? Number.NaN;
  return most >= 0 ? Math.trunc(most) * mebi : undefined;
}

/** Why these bytes are too many, in MiB. */
export const tooManyBytes = (what: string, bytes: number, limit: number): string =>
  `${what} ${Math.ceil(bytes / mebi)} MiB, and the job allows ${limit / mebi} MiB`;
