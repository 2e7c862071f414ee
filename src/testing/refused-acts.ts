import { groups } from '#groups/cluster/resources.ts';
import { pods, secrets } from '#kube/resource.ts';
import type { KubeRequest } from '#kube/transport.ts';
import type { Act } from './user-needs.ts';

const rbacPath = '/apis/rbac.authorization.k8s.io/v1';
const here = '/api/v1/namespaces/glidein-system';
const ownRole = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' };

/** What an operator that somebody else has taken over would try. */
export const forbidden: readonly (readonly [string, KubeRequest])[] = [
  ['list Secrets', { method: 'GET', path: `${here}/secrets` }],
  ['watch Secrets', { method: 'GET', path: `${here}/secrets`, query: { watch: true } }],
  ['delete a Secret', { method: 'DELETE', path: `${here}/secrets/some` }],
  ['list ConfigMaps', { method: 'GET', path: `${here}/configmaps` }],
  ['run a command in a pod', { method: 'POST', path: `${here}/pods/p/exec`, query: { command: 'sh' } }],
  ['attach to a pod', { method: 'POST', path: `${here}/pods/p/attach` }],
  ['forward a port of a pod', { method: 'POST', path: `${here}/pods/p/portforward` }],
  ['read the log of a pod', { method: 'GET', path: `${here}/pods/p/log` }],
  ['add a container to a pod', { method: 'PATCH', path: `${here}/pods/p/ephemeralcontainers`, body: {} }],
  ['change a pod', { method: 'PATCH', path: `${here}/pods/p`, body: {} }],
  ['delete the volume of a pool', { method: 'DELETE', path: `${here}/persistentvolumeclaims/data-p-pool-0` }],
  [
    'delete a pool’s StatefulSet',
    { method: 'DELETE', path: '/apis/apps/v1/namespaces/d/statefulsets/p-pool' },
  ],
  ['create a Deployment', { method: 'POST', path: '/apis/apps/v1/namespaces/d/deployments', body: {} }],
  [
    'get the token of another account',
    { method: 'POST', path: `${here}/serviceaccounts/default/token`, body: {} },
  ],
  [
    'get a token of its own account elsewhere',
    { method: 'POST', path: '/api/v1/namespaces/default/serviceaccounts/glidein-operator/token', body: {} },
  ],
  [
    'take another Lease',
    {
      method: 'PATCH',
      path: '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/kube-scheduler',
      body: {},
    },
  ],
  [
    'take the Lease of another operator’s processes',
    {
      method: 'PATCH',
      path: '/apis/coordination.k8s.io/v1/namespaces/other/leases/glidein-operator',
      body: {},
    },
  ],
  [
    'write the spec of a group',
    { method: 'PATCH', path: '/apis/glidein.dev/v1alpha1/namespaces/d/glideingroups/g', body: {} },
  ],
  [
    'make a group',
    { method: 'POST', path: '/apis/glidein.dev/v1alpha1/namespaces/d/glideingroups', body: {} },
  ],
  [
    'give itself a role',
    {
      method: 'POST',
      path: `${rbacPath}/clusterrolebindings`,
      body: { metadata: { name: 'x' }, roleRef: ownRole },
    },
  ],
  [
    'make a role',
    { method: 'POST', path: `${rbacPath}/namespaces/d/roles`, body: { metadata: { name: 'x' } } },
  ],
  [
    'change its own role',
    { method: 'PATCH', path: `${rbacPath}/clusterroles/glidein-system:glidein-operator`, body: {} },
  ],
  ['list nodes', { method: 'GET', path: '/api/v1/nodes' }],
  ['reach a kubelet', { method: 'GET', path: '/api/v1/nodes/n/proxy/pods' }],
  [
    'change an admission policy',
    { method: 'DELETE', path: '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies/x' },
  ],
  [
    'change a resource definition',
    {
      method: 'PATCH',
      path: '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/glideinpools.glidein.dev',
      body: {},
    },
  ],
];

const poolToken = { audiences: ['glidein.dev/pool/x/p'], expirationSeconds: 600 };
const aGroup = (namespace: string) =>
  ({
    metadata: { namespace, name: 'x' },
    spec: { poolRef: { name: 'p' }, replicas: 0, pilot: { cpus: 1, memory: '1Gi' } },
  }) as never;

/** What somebody with only this role would try in a namespace. */
export const beyond: Readonly<Record<string, readonly (readonly [string, Act])[]>> = {
  submit: [
    ['make a group', (user, namespace) => user.create(groups, aGroup(namespace))],
    ['make a pod', (user, namespace) => user.create(pods, { metadata: { namespace, name: 'x' } })],
    ['read a Secret', (user, namespace) => user.get(secrets, { namespace, name: 'p-pool-ca' })],
    [
      'act as another account',
      (user, namespace) => user.createToken({ namespace, name: 'glidein-pilot' }, poolToken),
    ],
    [
      'run a command in the pool',
      (user, namespace) =>
        user.raw({
          method: 'POST',
          path: `/api/v1/namespaces/${namespace}/pods/p-pool-0/exec`,
          query: { command: 'sh' },
        }),
    ],
  ],
  view: [
    [
      'reach the pool',
      (user, namespace) =>
        user.raw({ method: 'POST', path: `/api/v1/namespaces/${namespace}/pods/p-pool-0/portforward` }),
    ],
    [
      'get a token, so they may not submit',
      (user, namespace) => user.createToken({ namespace, name: 'default' }, poolToken),
    ],
    [
      'change a group',
      (user, namespace) =>
        user.mergePatch(groups, { namespace, name: 'p' }, { metadata: { labels: { a: 'b' } } }),
    ],
    [
      'scale a group',
      (user, namespace) =>
        user.raw({
          method: 'PATCH',
          contentType: 'application/merge-patch+json',
          path: `/apis/glidein.dev/v1alpha1/namespaces/${namespace}/glideingroups/p/scale`,
          body: {},
        }),
    ],
  ],
  edit: [
    ['write a status', (user, namespace) => user.mergePatchStatus(groups, { namespace, name: 'p' }, {})],
    [
      'make a group without the right to create pods',
      (user, namespace) => user.create(groups, aGroup(namespace)),
    ],
  ],
};
