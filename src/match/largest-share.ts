import type { ClassAd } from '#classad/class-ad.ts';
import type { PackedJob } from './capacity.ts';
import { requestOf } from './request.ts';
import { resourceNames } from './resources.ts';
import { offerOf } from './slot.ts';

/** The largest share of a resource of a whole slot that one job takes: jobs that take much are the hardest to place. */
export function largestShare({ ad, environment }: PackedJob, slot: ClassAd): number {
  const request = requestOf(ad, slot, environment);
  const offer = offerOf(slot);
  return Math.max(...resourceNames.map((name) => (offer[name] > 0 ? request[name] / offer[name] : 0)));
}
