import { expect, test } from 'vitest';
import { glideinPoolSpec } from '#api/glidein-pool.ts';
import type { StatefulSet } from '#kube/resource.ts';
import type { PoolResource } from '../cluster/resources.ts';
import { poolStatefulSet, storageDrift } from './stateful-set.ts';

const pool = (storage: object = {}): PoolResource => ({
  metadata: { name: 'main', namespace: 'atlas', uid: 'u1' },
  spec: glideinPoolSpec.parse({ type: 'Embedded', embedded: { storage, jobLease: '20m' } }),
});

const made = (storage: string, storageClassName: string): StatefulSet => ({
  metadata: { name: 'main-pool' },
  spec: {
    selector: {},
    serviceName: 'main-pool',
    template: {},
    volumeClaimTemplates: [{ spec: { storageClassName, resources: { requests: { storage } } } }],
  },
});

test('the StatefulSet of a pool has one pod under the restricted Pod Security Standard', () => {
  const { template, replicas } = poolStatefulSet(pool(), { image: 'a/b:c' }, undefined).spec;
  const [container] = template.spec.containers;
  expect(replicas).toBe(1);
  expect(template.spec).toMatchObject({
    automountServiceAccountToken: false,
    securityContext: { runAsNonRoot: true, fsGroup: 1000, seccompProfile: { type: 'RuntimeDefault' } },
  });
  expect(container?.securityContext).toEqual({
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  });
});

test('the StatefulSet of a pool follows its resource', () => {
  const said = glideinPoolSpec.parse({
    type: 'Embedded',
    embedded: {
      storage: { size: '3Gi', whenDeleted: 'Delete', storageClassName: 'fast' },
      resources: { cpu: 3, memory: '2Gi' },
      jobLease: '20m',
      metrics: 'Open',
    },
  });
  const { spec } = poolStatefulSet({ ...pool(), spec: said }, { image: 'a/b:c' }, undefined);
  expect(spec.persistentVolumeClaimRetentionPolicy.whenDeleted).toBe('Delete');
  expect(spec.volumeClaimTemplates[0]?.spec.resources.requests.storage).toBe('3Gi');
  expect(spec.volumeClaimTemplates[0]?.spec.storageClassName).toBe('fast');
  const [container] = spec.template.spec.containers;
  expect(container?.args).toEqual(expect.arrayContaining(['--lease=20m', '--metrics=Open']));
  expect(container?.resources).toEqual({ requests: { cpu: '3', memory: '2Gi' }, limits: { memory: '2Gi' } });
});

test('the StatefulSet of a pool claims the volume that the storage can provide, and limits cores for quotas that want it', () => {
  const spec = glideinPoolSpec.parse({
    type: 'Embedded',
    embedded: { storage: { accessMode: 'ReadWriteOnce' }, resources: { cpuLimit: 2 } },
  });
  const made = poolStatefulSet({ ...pool(), spec }, { image: 'a/b:c' }, undefined).spec;
  expect(made.volumeClaimTemplates[0]?.spec.accessModes).toEqual(['ReadWriteOnce']);
  expect(made.template.spec.containers[0]?.resources.limits).toMatchObject({ cpu: '2' });
  const usual = poolStatefulSet(pool(), { image: 'a/b:c' }, undefined).spec;
  expect(usual.volumeClaimTemplates[0]?.spec.accessModes).toEqual(['ReadWriteOncePod']);
  expect(usual.template.spec.containers[0]?.resources.limits).not.toHaveProperty('cpu');
});

test('the StatefulSet of a pool keeps its existing volume, and the difference is reported', () => {
  const wanted = pool({ size: '20Gi' });
  const existing = made('10Gi', 'fast');
  const [claim] = poolStatefulSet(wanted, { image: 'a/b:c' }, existing).spec.volumeClaimTemplates;
  expect(claim?.spec).toMatchObject({
    resources: { requests: { storage: '10Gi' } },
    storageClassName: 'fast',
  });
  expect(storageDrift(wanted, existing)).toContain('made with 10Gi of the storage class fast');
});

test('a volume does not differ because its size is written otherwise or the cluster chose its class', () => {
  expect(storageDrift(pool({ size: '1024Mi' }), made('1Gi', 'default-class'))).toBeUndefined();
  expect(storageDrift(pool({ size: '1Gi', storageClassName: 'a' }), made('1Gi', 'b'))).toContain('class b');
});

test('the pool of an operator that makes spans makes some too', () => {
  const tracing = [{ name: 'OTEL_EXPORTER_OTLP_ENDPOINT', value: 'http://collector:4318' }];
  const { template } = poolStatefulSet(pool(), { image: 'a/b:c', tracing }, undefined).spec;
  expect(template.spec.containers[0]?.env).toEqual([
    expect.objectContaining({ name: 'NODE_OPTIONS' }),
    expect.objectContaining({ name: 'GLIDEIN_POOL_METRICS_TOKENS' }),
    ...tracing,
  ]);
});
