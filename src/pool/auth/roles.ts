import type { JWTPayload } from 'jose';
import { GlideinError } from '#base/error.ts';
import type { TrustedIssuer } from '#spec/trusted-issuer.ts';
import type { Role } from '#wire/role.ts';
import { claimHolds, fillClaims } from './claims.ts';

const roleOf: Readonly<Record<TrustedIssuer['roles'][number]['role'], Role>> = {
  Submitter: 'submitter',
  Pilot: 'pilot',
  Operator: 'operator',
  Admin: 'admin',
};

/** Good for one pod: Kubernetes writes it into tokens that are bound to one. */
const podUid = '{kubernetes.io/pod/uid}';

/**
 * Who the bearer of verified claims is for this pool: by the first rule of the issuer's entry that fits.
 * @throws GlideinError Forbidden when no rule fits or a claim that names the bearer is missing
 */
export function bearerOf(issuer: TrustedIssuer, claims: JWTPayload): { subject: string; role: Role } {
  const rule = issuer.roles.find(({ claim, value }) => claimHolds(claims, claim, value));
  if (rule === undefined) {
    throw new GlideinError('Forbidden', `no rule of the issuer ${issuer.name} gives this token a role`, {
      cure: "ask the pool's operator for a rule that fits your token",
    });
  }
  const user = rule.user ?? issuer.user ?? `{sub}@${issuer.name}`;
  return {
    subject: fillClaims(claims, rule.role === 'Pilot' ? podUid : user),
    role: roleOf[rule.role],
  };
}
