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

/** The last known site of a pilot, from its registration or its claims; undefined if the pool has never seen it. */
export function lastSiteOf({ collector, queue }: Registered, uid: string): string | undefined {
  return collector.get(uid)?.facts.site ?? queue.heldBy(uid)[0]?.claim.site;
}

/**
 * The site that owns a pilot: only it may speak for the pilot. Also undefined if that site is no longer trusted; a site that
 * gets a new name keeps its pilots by announcing them under that name.
 */
export function siteOf(pool: Admitting, uid: string): string | undefined {
  const site = lastSiteOf(pool, uid);
  return site !== undefined && !pool.authenticator.hasDropped(site) ? site : undefined;
}

/**
 * Refuses files to and from a pilot that the pool does not know: the token of a deleted pod is valid for up to an hour. A pilot
 * that is not announced yet, or that comes from before a restart of the pool and holds no claim, tries again.
 * @throws GlideinError Unavailable
 */
export function requireKnown(
  pool: Admitting & { readonly bidders: Pick<Bidders, 'announced'> },
  { role, site, subject: uid }: Identity,
): void {
  if (role !== 'pilot' || site === undefined) return;
  if (siteOf(pool, uid) === site || pool.bidders.announced(site, uid) !== undefined) return;
  throw new GlideinError(
    'Unavailable',
    'this pool does not know this pilot: it is not announced, or is gone',
  );
}

/**
 * Decides whether a pilot may register, and overwrites in its hello what the pool knows better. A token of an issuer is valid
 * for that issuer's site, and a new pilot is accepted only if the site's operator has announced it: a token alone does not
 * make a pilot. A pilot that the pool has seen before may come back without an announcement, since its operator may be down.
 * Tokens signed by the pool's own key are exempt: whoever makes them knows for whom.
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
