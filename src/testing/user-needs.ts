import { groups, imageSets, policies, pools } from '#groups/cluster/resources.ts';
import type { KubeClient } from '#kube/client.ts';
import { isForbidden } from '#kube/kube-error.ts';
import type { KubeObject } from '#kube/object.ts';
import {
  apiVersionOf,
  collectionPath,
  configMaps,
  objectPath,
  pods,
  type ResourceKind,
} from '#kube/resource.ts';

/** Something that somebody does in a namespace in which `wantPeople` has made what they do it to. */
export type Act = (user: KubeClient, namespace: string, admin: KubeClient) => Promise<unknown>;

const spec: Readonly<Record<string, object>> = {
  glideinpools: { type: 'Embedded' },
  glideingroups: { poolRef: { name: 'p' }, replicas: 0, pilot: { cpus: 1, memory: '1Gi' } },
  pressurepolicies: {},
  imagesets: { images: [{ reference: 'debian:12' }], directory: { claimName: 'claim' } },
};

const kinds = [pools, groups, policies, imageSets] as unknown as readonly ResourceKind<KubeObject>[];

const objectOf = (kind: ResourceKind<KubeObject>, namespace: string, name: string) => ({
  apiVersion: apiVersionOf(kind),
  kind: kind.kind,
  metadata: { namespace, name },
  spec: spec[kind.plural],
});

/** One object of each kind, and what a pool has made in the namespace. */
export async function wantPeople(admin: KubeClient, namespace: string): Promise<void> {
  const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } };
  await admin.raw({ method: 'POST', path: '/api/v1/namespaces', body });
  for (const kind of kinds) await admin.create(kind, objectOf(kind, namespace, 'p'));
  const metadata = { namespace, name: 'p-pool-ca' };
  await admin.create(configMaps, { metadata, data: { 'ca.crt': 'a certificate' } });
  const containers = [{ name: 'pool', image: 'example.org/pool' }];
  await admin.create(pods, { metadata: { namespace, name: 'p-pool-0' }, spec: { containers } });
}

const labels = { metadata: { labels: { looked: 'at' } } };
const put = (contentType: string, body: object) => ({ method: 'PATCH', contentType, body }) as const;
const mergePatch = put('application/merge-patch+json', labels);

/** What people do with the resources of this project, by verb. */
const acts: Readonly<Record<string, (kind: ResourceKind<KubeObject>) => Act>> = {
  get: (kind) => (user, namespace) => user.get(kind, { namespace, name: 'p' }),
  list: (kind) => (user, namespace) => user.list(kind, { namespace }),
  watch: (kind) => async (user, namespace) => {
    const enough = new AbortController();
    await user.watch(kind, { namespace }, { resourceVersion: '', timeoutSeconds: 1 }, enough.signal);
    enough.abort();
  },
  create: (kind) => (user, namespace) => user.create(kind, objectOf(kind, namespace, 'made')),
  update: (kind) => async (user, namespace, admin) => {
    const body = await admin.get(kind, { namespace, name: 'p' });
    await user.raw({ method: 'PUT', path: objectPath(kind, body.metadata), body });
  },
  patch: (kind) => (user, namespace) =>
    user.raw({ ...mergePatch, path: objectPath(kind, { namespace, name: 'p' }) }),
  delete: (kind) => (user, namespace) => user.delete(kind, { namespace, name: 'p' }),
  deletecollection: (kind) => (user, namespace) =>
    user.raw({ method: 'DELETE', path: collectionPath(kind, namespace) }),
};

const rows = (held: readonly ResourceKind<KubeObject>[], verbs: readonly string[]) =>
  held.flatMap((kind) =>
    verbs.flatMap((verb): [string, Act][] => {
      const act = acts[verb]?.(kind);
      return act === undefined ? [] : [[`${kind.group}/${kind.plural} ${verb}`, act]];
    }),
  );

const scalePath = (namespace: string) => objectPath(groups, { namespace, name: 'p' }, 'scale');

const scale: [string, Act][] = [
  ['get', (user, namespace) => user.raw({ method: 'GET', path: scalePath(namespace) })],
  [
    'update',
    (user, namespace) =>
      user.raw({
        method: 'PUT',
        path: scalePath(namespace),
        body: {
          apiVersion: 'autoscaling/v1',
          kind: 'Scale',
          metadata: { namespace, name: 'p' },
          spec: { replicas: 1 },
        },
      }),
  ],
  [
    'patch',
    (user, namespace) =>
      user.raw({
        ...put('application/merge-patch+json', { spec: { replicas: 1 } }),
        path: scalePath(namespace),
      }),
  ],
];

/** Through the API server to the pool's port. No node runs the pod here, so more than a right is missing. */
const forward =
  (method: 'GET' | 'POST'): Act =>
  async (user, namespace) => {
    const path = `${objectPath(pods, { namespace, name: 'p-pool-0' }, 'portforward')}`;
    await user.raw({ method, path, query: { ports: 9618 } }).catch((error: unknown) => {
      if (isForbidden(error)) throw error;
    });
  };

const token =
  (account: string): Act =>
  (user, namespace) =>
    user.createToken(
      { namespace, name: account },
      { audiences: [`glidein.dev/pool/${namespace}/p`], expirationSeconds: 600 },
    );

/** What each right is for that the chart gives people, by the role that contains it. */
export const userNeeds: Readonly<Record<string, readonly (readonly [right: string, act: Act])[]>> = {
  view: rows(kinds, ['get', 'list', 'watch']),
  edit: [
    ...rows(kinds, ['create', 'update', 'patch', 'delete', 'deletecollection']),
    ...scale.map(([verb, act]): [string, Act] => [`glidein.dev/glideingroups/scale ${verb}`, act]),
  ],
  submit: [
    ...rows(kinds.slice(0, 1), ['get', 'list']),
    ['/configmaps get', (user, namespace) => user.get(configMaps, { namespace, name: 'p-pool-ca' })],
    ['/pods/portforward get', forward('GET')],
    ['/pods/portforward create', forward('POST')],
    ['/serviceaccounts/token create', token('default')],
  ],
};
