import { GlideinError } from '#base/error.ts';
import type { Hello } from '#wire/pilot-messages.ts';
import type { Authenticator } from '../auth/authenticator.ts';
import type { Identity } from '../auth/tokens.ts';
import type { Collector } from '../collector/collector.ts';
import type { Queue } from '../queue/queue.ts';
import type { Bidders } from './bidders.ts';

interface Registered {
  readonly collector: Collector;
  readonly queue: Queue;
}

export interface Admitting extends Registered {
  readonly authenticator: Pick<Authenticator, 'hasDropped'>;
}

/** Where a pilot was last: where it registered, or where a claim says that it was. Undefined: the pool never saw it. */
export function lastSiteOf({ collector, queue }: Registered, uid: string): string | undefined {
  return collector.get(uid)?.facts.site ?? queue.heldBy(uid)[0]?.claim.site;
}

/**
 * Whose a pilot is: only that site may speak for it. Undefined also when that site is trusted no more: one that got another
 * name takes its pilots along by announcing them.
 */
export function siteOf(pool: Admitting, uid: string): string | undefined {
  const site = lastSiteOf(pool, uid);
  return site !== undefined && !pool.authenticator.hasDropped(site) ? site : undefined;
}

/**
 * What a pilot says of itself, with what the pool knows better stamped over it. A token of an issuer is good for the
 * site of that issuer, and a new pilot is taken only when the site's operator has announced it: a token alone makes
 * no pilot. One that the pool has seen before comes back without, since operators may be away. Tokens of the pool's
 * own key need nothing of this: who makes them knows whom for.
 * @throws GlideinError Unavailable while the pilot is not announced, Forbidden when it belongs to another site
 */
export function admit(pool: Admitting & { readonly bidders: Bidders }, by: Identity, hello: Hello): Hello {
  const { site, subject: uid } = by;
  if (site === undefined) return hello;
  const home = siteOf(pool, uid);
  if (home !== undefined && home !== site)
    throw new GlideinError('Forbidden', 'the pilot belongs to another site');
  const said =
    pool.bidders.announced(site, uid) ?? (home === undefined ? undefined : pool.collector.get(uid)?.facts);
  if (said !== undefined) return { ...hello, site, name: said.name, group: said.group };
  if (home === site) return { ...hello, site };
  throw new GlideinError('Unavailable', 'the operator has not announced this pilot yet');
}
