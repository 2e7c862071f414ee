import type { ClassAd } from '#classad/class-ad.ts';
import type { Environment } from '#classad/environment.ts';
import { type Objection, objectionOf } from './objection.ts';
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

/** What an objection to Requirements says, for people. */
export function clauseSentence(objection: Exclude<Objection, { kind: ResourceName }>): string {
  const whose =
    objection.kind === 'jobRequirements' ? 'the Requirements of the job' : 'the start expression of the slot';
  return objection.clause === undefined
    ? `${whose} ${objection.kind === 'jobRequirements' ? 'are' : 'is'} missing`
    : `${whose} need${objection.kind === 'jobRequirements' ? '' : 's'} ${objection.clause}, ${valueWords[objection.value]}`;
}

/** Why `slot` does not take `job`, with the numbers; undefined when it does. @param who has the slot, such as `a fresh pilot` */
export function refusalOf(
  job: ClassAd,
  slot: ClassAd,
  environment: Environment,
  who: string,
): string | undefined {
  const objection = objectionOf(job, slot, environment);
  if (objection === undefined) return undefined;
  if (objection.kind === 'jobRequirements' || objection.kind === 'slotRequirements')
    return clauseSentence(objection);
  const { kind } = objection;
  return `the job asks for ${amountOf(kind, requestOf(job, slot, environment)[kind])}, ${who} has ${amountOf(kind, offerOf(slot)[kind])}`;
}
