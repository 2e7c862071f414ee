import { ClassAd } from '#classad/class-ad.ts';
import { asciiLower } from '#classad/names.ts';
import { readInto } from '#wire/ad-texts.ts';
import type { Bid } from '#wire/bid.ts';
import { askedOfJobs } from '../negotiator/significance.ts';

/**
 * Lower-case names of the attributes of jobs that make a difference to a site: what its groups' slots look up in jobs, and
 * what its policies read of them. A template of which something cannot be read asks with what can.
 */
export function askedByBid({ groups, reads = [] }: Bid): ReadonlySet<string> {
  const asked = new Set(reads.map(asciiLower));
  for (const { template } of groups) {
    const slot = new ClassAd();
    readInto(slot, template);
    for (const name of askedOfJobs(slot)) asked.add(name);
  }
  return asked;
}
