import type { PackedJob } from '#match/capacity.ts';
import { mismatchInWords } from '#match/mismatch-sentence.ts';
import type { PackingGroup } from './fresh-pilots.ts';

/** The most mismatches, and the most names of groups, that a reason lists. */
const mostMismatches = 3;
const mostNames = 3;

/** Why a job fits fresh pilots of no group, such as `hello: the job asks for 64 cores, a fresh pilot has 4 cores`. */
export function mismatches(job: PackedJob, groups: readonly PackingGroup[]): string {
  if (groups.length === 0) return 'there is no group';
  if (job.environment.budget.isOverdrawn) return 'its expressions take too long to evaluate';
  const same = Map.groupBy(groups, (group) => mismatchWith(job, group));
  const some = [...same].slice(0, mostMismatches).map(([text, those]) => `${namesOf(those)}: ${text}`);
  if (same.size > mostMismatches) some.push('other groups for other reasons');
  return some.join('; ');
}

function namesOf(groups: readonly PackingGroup[]): string {
  const names = groups.slice(0, mostNames).map(({ name }) => name);
  const more = groups.length - names.length;
  return more > 0 ? `${names.join(', ')} and ${more} more` : names.join(', ');
}

function mismatchWith({ ad, environment }: PackedJob, { template, came }: PackingGroup): string {
  const declared = mismatchInWords(ad, template, environment, 'a fresh pilot');
  const slot = [...came.slots.values()].at(-1);
  if (declared !== undefined || slot === undefined) return declared ?? 'it fits';
  return `pilots did not register what is declared: ${mismatchInWords(ad, slot, environment, 'one of them') ?? 'it fits'}`;
}
