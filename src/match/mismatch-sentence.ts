import type { ClassAd } from '#classad/class-ad.ts';
import type { Environment } from '#classad/environment.ts';
import { type Mismatch, mismatchOf } from './mismatch.ts';
import { requestOf } from './request.ts';
import type { ResourceName } from './resources.ts';
import { offerOf } from './slot.ts';

const units: Readonly<Record<ResourceName, readonly [one: string, more: string]>> = {
  cpus: ['core', 'cores'],
  memory: ['MiB of memory', 'MiB of memory'],
  disk: ['KiB of disk', 'KiB of disk'],
  gpus: ['GPU', 'GPUs'],
};

/** `1 core`, `64 cores`, `no GPUs`. */
export function amountOf(name: ResourceName, amount: number): string {
  const [one, more] = units[name];
  return amount === 0 ? `no ${more}` : `${amount} ${amount === 1 ? one : more}`;
}

const valueWords = {
  false: 'which is not true here',
  undefined: 'which reads something that is not defined here',
  error: 'which is an error here',
} as const;

/** Explains a mismatch with Requirements to people. */
export function clauseSentence(mismatch: Exclude<Mismatch, { kind: ResourceName }>): string {
  const whose =
    mismatch.kind === 'jobRequirements' ? 'the Requirements of the job' : 'the start expression of the slot';
  return mismatch.clause === undefined
    ? `${whose} ${mismatch.kind === 'jobRequirements' ? 'are' : 'is'} missing`
    : `${whose} need${mismatch.kind === 'jobRequirements' ? '' : 's'} ${mismatch.clause}, ${valueWords[mismatch.value]}`;
}

/** Why `job` does not fit `slot`, with the numbers; undefined if it does. @param who whose slot it is, such as `a fresh pilot` */
export function mismatchInWords(
  job: ClassAd,
  slot: ClassAd,
  environment: Environment,
  who: string,
): string | undefined {
  const mismatch = mismatchOf(job, slot, environment);
  if (mismatch === undefined) return undefined;
  if (mismatch.kind === 'jobRequirements' || mismatch.kind === 'slotRequirements')
    return clauseSentence(mismatch);
  const { kind } = mismatch;
  return `the job asks for ${amountOf(kind, requestOf(job, slot, environment)[kind])}, ${who} has ${amountOf(kind, offerOf(slot)[kind])}`;
}
