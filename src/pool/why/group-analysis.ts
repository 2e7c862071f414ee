import { count } from '#base/count.ts';
import { ClassAd } from '#classad/class-ad.ts';
import type { Environment } from '#classad/environment.ts';
import { mismatchInWords } from '#match/mismatch-sentence.ts';
import { readInto } from '#wire/ad-texts.ts';
import type { GroupBid } from '#wire/bid.ts';
import type { GroupAnalysis } from '#wire/why.ts';
import type { Bidders } from '../registry/bidders.ts';

/** The most groups that a sentence names. */
const toldNames = 3;

/** For every group, whether its fresh pilots could run `job`, and what prevents such pilots. */
export const groupAnalyses = (job: ClassAd, bidders: Bidders, environment: Environment): GroupAnalysis[] =>
  bidders.current().flatMap(({ site, bid, heardSecondsAgo }) =>
    bid.groups.map((group): GroupAnalysis => {
      const { name, wanted, decision } = group;
      const slot = new ClassAd();
      const fault = readInto(slot, group.template);
      const mismatch = fault ?? mismatchInWords(job, slot, environment, 'a fresh pilot');
      const blocked = whatBlocks(group);
      const sentence = mismatch ?? 'a fresh pilot of it could run the job';
      return {
        site,
        name,
        fits: mismatch === undefined,
        sentence,
        wanted,
        decision,
        heardSecondsAgo: Math.round(heardSecondsAgo),
        ...(blocked === undefined ? {} : { blocked }),
      };
    }),
  );

/** Limits that hold until somebody acts. Limits that only slow a group down are not obstacles. */
const obstacles: Readonly<Record<string, (value: number) => string | undefined>> = {
  suspend: () => 'the group is suspended',
  'limits.maxPilots': (value) => `the group is at its maximum of ${count(value, 'pilot')}`,
  'limits.maxIdle': (value) => `the group has ${count(value, 'idle pilot')} already, as many as it may have`,
  maxPilots: (value) => `the groups of its policy are at their maximum of ${count(value, 'pilot')}`,
  machine: (value) => `its machine of ${count(value, 'core')} has no more for pilots`,
  breaker: (value) => (value === 0 ? 'too many of its pilots failed to start' : undefined),
};

/** What the site itself says, or else what the limits of its decision imply. */
function whatBlocks({ blocked, limits }: GroupBid): string | undefined {
  if (blocked !== undefined) return blocked;
  return limits.map(({ name, value }) => obstacles[name]?.(value)).find((text) => text !== undefined);
}

/** Whether the groups can help the job, in one sentence. */
export function groupsInWords(groups: readonly GroupAnalysis[]): string {
  if (groups.length === 0) return 'no group feeds this pool at present';
  const fitting = groups.filter(({ fits }) => fits);
  if (fitting.length === 0)
    return groups.length === 1
      ? 'the one group cannot run it either'
      : `none of ${groups.length} groups can run it`;
  const free = fitting.filter(({ blocked }) => blocked === undefined);
  if (free.length > 0) {
    return `a fresh pilot could: ${listed(free, ({ name, wanted }) => `${name} (wants ${count(wanted, 'pilot')})`)}`;
  }
  const which = listed(fitting, ({ name, blocked = '' }) => `${name}: ${blocked}`, '; ');
  return `no fresh pilot can come (${which})`;
}

function listed(
  groups: readonly GroupAnalysis[],
  words: (group: GroupAnalysis) => string,
  separator = ', ',
): string {
  const told = groups.slice(0, toldNames).map(words).join(separator);
  return groups.length > toldNames ? `${told} and ${groups.length - toldNames} more` : told;
}
