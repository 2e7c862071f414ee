import { GlideinError } from '#base/error.ts';
import type { Role } from '#wire/role.ts';
import type { Identity } from './tokens.ts';

/** @throws GlideinError Forbidden unless the identity has one of `roles`; an admin has all of them. */
export function requireRole(identity: Identity, ...roles: readonly Role[]): void {
  if (identity.role === 'admin' || roles.includes(identity.role)) return;
  throw new GlideinError('Forbidden', `a token with the role ${identity.role} may not do this`, {
    cure: `use a token with the role ${[...roles, 'admin'].join(' or ')}`,
  });
}

/** What a token of the WLCG profile may allow of jobs. */
export type ComputeScope = 'compute.create' | 'compute.read' | 'compute.modify' | 'compute.cancel';

/** @throws GlideinError Forbidden if the token names what it allows of jobs, and this is not among it */
export function requireScope({ scopes }: Identity, scope: ComputeScope): void {
  if (scopes === undefined || scopes.includes(scope)) return;
  throw new GlideinError('Forbidden', `the token allows ${scopes.join(' and ')}, and this needs ${scope}`, {
    cure: 'ask the issuer for a token with that scope',
  });
}

/**
 * A site's operator speaks for that site alone; tokens signed by the pool's own key speak for every site.
 * @param site undefined if nothing belongs to any site
 * @throws GlideinError Forbidden
 */
export function requireSite(identity: Identity, site: string | undefined): void {
  if (identity.role === 'admin' || identity.site === undefined) return;
  if (site === undefined || identity.site === site) return;
  throw new GlideinError('Forbidden', `a token of the site ${identity.site} may not speak for ${site}`);
}

/** Whether the identity may act on a job of `owner`: a submitter on its own jobs, an admin on all. Operators and pilots own none. */
export const isOwner = (identity: Identity, owner: string): boolean =>
  identity.role === 'admin' || (identity.role === 'submitter' && identity.subject === owner);

/** @throws GlideinError Forbidden unless the job is the identity's own, or the identity is an admin. */
export function requireOwner(identity: Identity, owner: string, job: string): void {
  if (isOwner(identity, owner)) return;
  throw new GlideinError('Forbidden', `job ${job} belongs to ${owner}, not to ${identity.subject}`);
}
