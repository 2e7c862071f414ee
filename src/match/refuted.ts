import type { ClassAd } from '#classad/class-ad.ts';
import type { PackedJob } from './capacity.ts';
import { fitOf } from './fit.ts';

/** How many pilots have to come and not match before a job gets no more of them. */
export const trials = 3;

/**
 * Whether pilots came and none of them matched a job that the group's declaration fits: more of them would not help.
 * It stays so until a pilot registers something else, the declaration changes, or the job does.
 * @param came the whole slots of the newest pilots of the group
 */
export const isRefuted = ({ ad, environment }: PackedJob, came: readonly ClassAd[]): boolean =>
  came.length >= trials && came.every((slot) => !fitOf(ad, slot, environment).fits);
