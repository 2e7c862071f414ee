import { randomOf } from '#testing/random-of.ts';
import type { Attack } from './attack.ts';
import { hostilePilots } from './hostile-pilots.ts';
import { hostileSubmissions } from './hostile-submissions.ts';

export interface AttacksOptions {
  /** 1 is the size of the soak. */
  readonly size: number;
  readonly seed: number;
}

/** Everything that a hostile submitter, or somebody with hostile pilots, does in these tests. */
export const attacks = ({ size, seed }: AttacksOptions): readonly Attack[] => [
  ...hostileSubmissions(size, seed, randomOf(seed)),
  ...hostilePilots(Math.ceil(5 * size)),
];
