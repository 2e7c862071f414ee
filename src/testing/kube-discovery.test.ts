import { expect, test } from 'vitest';
import { podTargets, sliceTargets } from './kube-discovery.ts';

test('each port of a pod with an address is a target with the labels of the pod', () => {
  const pod = (podIP?: string) => ({
    metadata: { name: 'pool-0', namespace: 'n', labels: { 'glidein.dev/pool': 'p' } },
    spec: { containers: [{ name: 'pool', ports: [{ name: 'https', containerPort: 9618 }] }] },
    status: { phase: 'Running', ...(podIP === undefined ? {} : { podIP }) },
  });
  expect(podTargets([pod('10.0.0.1'), pod()])).toEqual([
    {
      targets: ['10.0.0.1:9618'],
      labels: {
        __meta_kubernetes_namespace: 'n',
        __meta_kubernetes_pod_name: 'pool-0',
        __meta_kubernetes_pod_phase: 'Running',
        __meta_kubernetes_pod_container_port_name: 'https',
        __meta_kubernetes_pod_label_glidein_dev_pool: 'p',
      },
    },
  ]);
});

test('each address of a slice is a target with the labels of the Service that it is of', () => {
  const slice = {
    metadata: { name: 's-1', namespace: 'n', labels: { 'kubernetes.io/service-name': 's' } },
    ports: [{ name: 'metrics', port: 8080 }],
    endpoints: [{ addresses: ['10.0.0.2'], targetRef: { name: 'operator-1' } }],
  };
  const service = (namespace: string) => ({ metadata: { name: 's', namespace, labels: { app: namespace } } });
  expect(sliceTargets([slice], [service('other'), service('n')])).toEqual([
    {
      targets: ['10.0.0.2:8080'],
      labels: {
        __meta_kubernetes_namespace: 'n',
        __meta_kubernetes_pod_name: 'operator-1',
        __meta_kubernetes_endpointslice_port_name: 'metrics',
        __meta_kubernetes_service_label_app: 'n',
      },
    },
  ]);
});
