import type { TrustedIssuer } from './trusted-issuer.ts';

interface Cluster {
  /** The name of the entry: the site. */
  readonly site: string;
  /** The `iss` of its service-account tokens, as its discovery document states it. */
  readonly issuer: string;
  /** What `/openid/v1/jwks` answers. */
  readonly jwks: string;
  readonly audience: string;
  /** The pool's namespace: its other service accounts submit. */
  readonly namespace: string;
  readonly operator: ServiceAccount;
  /** The service account of pilots, in the pool's namespace. */
  readonly pilot: string;
}

interface ServiceAccount {
  readonly namespace: string;
  readonly name: string;
}

/** Makes a pool trust the service accounts of a cluster: its operator, its pilots, and every account in the pool's namespace. */
export function clusterIssuer(cluster: Cluster): TrustedIssuer {
  const subject = ({ namespace, name }: ServiceAccount) => `system:serviceaccount:${namespace}:${name}`;
  const { namespace, pilot } = cluster;
  return {
    name: cluster.site,
    issuer: cluster.issuer,
    audiences: [cluster.audience],
    jwks: cluster.jwks,
    user: '{kubernetes.io/namespace}:{kubernetes.io/serviceaccount/name}',
    roles: [
      { claim: 'sub', value: subject(cluster.operator), role: 'Operator' },
      { claim: 'sub', value: subject({ namespace, name: pilot }), role: 'Pilot' },
      { claim: 'kubernetes.io/namespace', value: namespace, role: 'Submitter' },
    ],
  };
}
