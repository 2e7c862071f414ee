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

/** Kubernetes writes this claim into tokens that are bound to a pod. */
const podUid = '{kubernetes.io/pod/uid}';

/**
 * Who the bearer of verified claims is in this pool, by the first rule of the issuer that matches.
 * @throws GlideinError Forbidden if no rule matches, or if a claim that names the bearer is missing
 */
export function bearerOf(issuer: TrustedIssuer, claims: JWTPayload): { subject: string; role: Role } {
  const rule = issuer.roles.find(({ claim, value }) => claimHolds(claims, claim, value));
  if (rule === undefined) {
    throw new GlideinError('Forbidden', `no rule of the issuer ${issuer.name} gives this token a role`, {
      cure: "ask the pool's operator for a rule that matches your token",
    });
  }
  const user = rule.user ?? issuer.user ?? `{sub}@${issuer.name}`;
  return {
    subject: fillClaims(claims, rule.role === 'Pilot' ? podUid : user),
    role: roleOf[rule.role],
  };
}
