import { GlideinError } from '#base/error.ts';
import { issuesInWords } from '#base/issue-in-words.ts';
import { clusterIssuer } from '#spec/cluster-issuer.ts';
import { poolSpec } from '#spec/pool-spec.ts';
import { digestFile, ownedByPool, pilotAccount, poolKey, poolNames } from '../cluster/names.ts';
import type { PoolResource } from '../cluster/resources.ts';
import type { SiteSettings } from '../cluster/site-settings.ts';
import type { IssuerKeys } from './cluster-keys.ts';

/**
 * The ConfigMap with the files that the pool reads: whose tokens it accepts, how much there is of what jobs are
 * limited by, and how slots are divided; and apart from that, because an older pool would refuse it, who may scrape.
 * @throws GlideinError InvalidManifest where the resource asks for what the pool would refuse
 */
export function poolDocument(
  pool: PoolResource,
  keys: IssuerKeys,
  settings: Pick<SiteSettings, 'site' | 'account'>,
  scrapeDigests: readonly string[],
) {
  const key = poolKey(pool);
  const names = poolNames(key);
  const own = clusterIssuer({
    site: settings.site,
    issuer: keys.issuer,
    jwks: keys.jwks,
    audience: names.audience,
    namespace: key.namespace,
    operator: settings.account,
    pilot: pilotAccount,
  });
  const { trustedIssuers = [], concurrencyLimits = [], filesPerOwner, accounting } = pool.spec.embedded ?? {};
  const issuers = [own, ...trustedIssuers];
  const parsed = poolSpec.safeParse({ issuers, concurrencyLimits, filesPerOwner, accounting });
  if (!parsed.success) {
    const faults = issuesInWords(parsed.error, 'the specification');
    throw new GlideinError('InvalidManifest', `spec.embedded.trustedIssuers: ${faults}`, {
      cure: `give each entry a name of its own that is not the name of this site, ${settings.site}`,
    });
  }
  return {
    metadata: ownedByPool(pool, names.specMap),
    data: { 'pool.json': JSON.stringify(parsed.data), [digestFile]: scrapeDigests.join('\n') },
  };
}
