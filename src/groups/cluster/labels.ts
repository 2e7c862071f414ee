/** Labels of everything that the operator makes. */
export const labelOf = {
  managedBy: 'app.kubernetes.io/managed-by',
  component: 'app.kubernetes.io/component',
  pool: 'glidein.dev/pool',
  group: 'glidein.dev/group',
  /** Of a pool's pod: who may read its metrics; a PodMonitor selects by it. */
  metrics: 'glidein.dev/metrics',
} as const;

/** The value of `managed-by`; informers select by it, so nobody else's pods come over the wire. */
export const managedBy = 'glidein';
