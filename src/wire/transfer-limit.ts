import type { ClassAd } from '#classad/class-ad.ts';

const mebi = 2 ** 20;

/**
 * The most bytes that a job allows for its inputs or outputs, from its MaxTransferInputMB or MaxTransferOutputMB (whole MiB).
 * Undefined if it sets no limit; a negative value and one that is not a number set none.
 */
export function transferLimit(ad: ClassAd, direction: 'Input' | 'Output'): number | undefined {
  const most = ad.evaluateNumber(`MaxTransfer${direction}MB`) ?? Number.NaN;
  return most >= 0 ? Math.trunc(most) * mebi : undefined;
}

/** Says that these bytes exceed the limit, in MiB. */
export const tooManyBytes = (what: string, bytes: number, limit: number): string =>
  `${what} ${Math.ceil(bytes / mebi)} MiB, and the job allows ${limit / mebi} MiB`;
