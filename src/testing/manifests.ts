/** A small site: a pool, a policy and one group, as YAML files. */
export function siteManifests(
  pilot: Readonly<Record<string, unknown>>,
  limits: Readonly<Record<string, number>> = {},
  embedded: Readonly<Record<string, unknown>> = {},
) {
  const resource = (kind: string, spec: unknown) =>
    JSON.stringify({ apiVersion: 'glidein.dev/v1alpha1', kind, metadata: { name: 'test' }, spec });
  return {
    'pool.yaml': resource('GlideinPool', { type: 'Embedded', embedded }),
    'policy.yaml': resource('PressurePolicy', { interval: '1s' }),
    'group.yaml': resource('GlideinGroup', {
      poolRef: { name: 'test' },
      pressurePolicyRef: { name: 'test' },
      limits: { maxPilots: 4, maxPending: 4, ...limits },
      pilot: { cpus: 4, memory: '2Gi', disk: '20Gi', lifetimes: { maxIdle: '5s', maxTail: '2s' }, ...pilot },
    }),
  };
}
