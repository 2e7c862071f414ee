import { dnsAddress, dnsPort, nodeAddress } from './node-config.mjs';
import { provisioner } from './provisioner.mjs';

/**
 * What a fresh cluster needs besides its programs: DNS runs as a process of the node, so its Service has no selector
 * and its endpoint is written by hand; PVCs need a default StorageClass.
 *
 * @param {import('./api-client.mjs').ApiClient} api
 */
export async function createSystemObjects(api) {
  await Promise.all(objects.map(({ path, object }) => api.create(path, object)));
}

const rbac = '/apis/rbac.authorization.k8s.io/v1';

const objects = [
  {
    path: '/api/v1/namespaces/kube-system/services',
    object: {
      metadata: { name: 'kube-dns' },
      spec: {
        clusterIP: dnsAddress,
        ports: ['UDP', 'TCP'].map((protocol) => ({
          name: `dns-${protocol.toLowerCase()}`,
          protocol,
          port: 53,
          targetPort: dnsPort,
        })),
      },
    },
  },
  {
    path: '/apis/discovery.k8s.io/v1/namespaces/kube-system/endpointslices',
    object: {
      metadata: { name: 'kube-dns', labels: { 'kubernetes.io/service-name': 'kube-dns' } },
      addressType: 'IPv4',
      endpoints: [{ addresses: [nodeAddress], conditions: { ready: true } }],
      // These ports belong to the Service's ports with the same names.
      ports: ['UDP', 'TCP'].map((protocol) => ({
        name: `dns-${protocol.toLowerCase()}`,
        protocol,
        port: dnsPort,
      })),
    },
  },
  {
    path: `${rbac}/clusterroles`,
    object: {
      metadata: { name: 'glidein:dns' },
      rules: [
        { apiGroups: [''], resources: ['services', 'namespaces', 'pods', 'nodes'], verbs: ['list', 'watch'] },
        { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['list', 'watch'] },
      ],
    },
  },
  {
    path: `${rbac}/clusterrolebindings`,
    object: {
      metadata: { name: 'glidein:dns' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'glidein:dns' },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'glidein:dns' }],
    },
  },
  {
    path: '/apis/storage.k8s.io/v1/storageclasses',
    object: {
      metadata: { name: 'folder', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
      provisioner,
      reclaimPolicy: 'Delete',
      volumeBindingMode: 'WaitForFirstConsumer',
    },
  },
];
