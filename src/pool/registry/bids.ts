import type { Clock, Timer } from '#base/clock.ts';
import { ClassAd } from '#classad/class-ad.ts';
import { asciiLower } from '#classad/names.ts';
import type { Logger } from '#telemetry/logger.ts';
import { readInto } from '#wire/ad-texts.ts';
import type { Bid } from '#wire/bid.ts';
import type { Autoclusters } from '../negotiator/autoclusters.ts';
import { askedOfJobs } from '../negotiator/significance.ts';
import type { Bidders } from './bidders.ts';

interface BidsOptions {
  readonly autoclusters: Pick<Autoclusters, 'learn' | 'forget'>;
  readonly bidders: Bidders;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called when the lease of a site has ended: others may get its share. */
  readonly onLapse: () => void;
}

/** Takes in the bids of sites. The job attributes that a site's groups and policies read are significant while the site bids. */
export class Bids {
  readonly #options: BidsOptions;
  /** Sites whose groups and policies ask for attributes of jobs. */
  readonly #sites = new Set<string>();
  #timer: Timer;

  constructor(options: BidsOptions) {
    this.#options = options;
    this.#timer = this.#lookLater();
  }

  take(site: string, bid: Bid): void {
    const { autoclusters, bidders, logger } = this.#options;
    try {
      autoclusters.learn(askerOf(site), askedByBid(bid));
    } catch (error) {
      // The names come from the texts of groups and policies: too many of them must not stop the site from getting its demand.
      logger.warn({ site, err: error }, 'the bid asks for too many attributes');
    }
    bidders.put(site, bid);
    this.#sites.add(site);
  }

  close(): void {
    this.#timer.cancel();
  }

  #lookLater(): Timer {
    const { bidders, clock } = this.#options;
    return clock.after(bidders.nextLapse(), () => {
      this.#forgetSilent();
      this.#timer = this.#lookLater();
    });
  }

  #forgetSilent(): void {
    const { autoclusters, bidders, onLapse } = this.#options;
    const current = new Set(bidders.current().map(({ site }) => site));
    const silent = [...this.#sites].filter((site) => !current.has(site));
    for (const site of silent) {
      this.#sites.delete(site);
      autoclusters.forget(askerOf(site));
    }
    if (silent.length > 0) onLapse();
  }
}

/** Sites and uids of pilots both ask; a site's name holds no colon. */
const askerOf = (site: string): string => `site:${site}`;

/**
 * Lower-case names of the attributes of jobs that make a difference to a site: what its groups' slots look up in jobs, and
 * what its policies read of them. A template of which something cannot be read asks with what can.
 */
function askedByBid({ groups, reads = [] }: Bid): ReadonlySet<string> {
  const asked = new Set(reads.map(asciiLower));
  for (const { template } of groups) {
    const slot = new ClassAd();
    readInto(slot, template);
    for (const name of askedOfJobs(slot)) asked.add(name);
  }
  return asked;
}
