import { basename } from 'node:path';
import { Agent, request } from 'undici';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '#base/clock.ts';
import { groups, imageSets, policies, pools } from '#groups/cluster/resources.ts';
import { KubeClient } from '#kube/client.ts';
import { isForbidden } from '#kube/kube-error.ts';
import type { KubeObject } from '#kube/object.ts';
import { define, pods, type ResourceKind, secrets } from '#kube/resource.ts';
import { Transport } from '#kube/transport.ts';
import { type ChartRoles, chartRoles, type Rule, rightsIn, withoutRight } from '#testing/chart-roles.ts';
import { eventually } from '#testing/eventually.ts';
import { LimitedOperator } from '#testing/limited-operator.ts';
import { type Need, operatorNeeds, wantSite } from '#testing/operator-needs.ts';
import { OperatorWorld } from '#testing/operator-world.ts';
import { PoolFront } from '#testing/pool-front.ts';
import { beyond, forbidden } from '#testing/refused-acts.ts';
import { TestPool } from '#testing/test-pool.ts';
import { userNeeds, wantPeople } from '#testing/user-needs.ts';
import { chartFolders, valueFiles } from '../../hack/charts.mjs';

/**
 * Each right that the chart gives is taken away, and something is seen to fail; what nobody should be able to do is tried.
 * A real API server decides; operators are whole ones, and people are represented by their requests.
 */

let world: OperatorWorld;
let pool: TestPool;
let front: PoolFront;
let roles: ChartRoles;
let working: Promise<unknown> = Promise.resolve();
/** What became of each right of the operator; tests wait for it. */
const outcomes = new Map(operatorNeeds.map(([right]) => [right, Promise.withResolvers<void>()]));

/** Operators that are at work at the same time: each is a whole one. */
const lanes = 10;

beforeAll(async () => {
  world = await OperatorWorld.start();
  roles = await chartRoles();
  pool = await TestPool.start();
  const host = `127.98.${(process.pid >> 8) % 256}.${process.pid % 256}`;
  front = await PoolFront.start(pool, world.kube.direct, host);
  const waiting = [...operatorNeeds.entries()];
  const work = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [index, need] = next;
      const { promise, resolve, reject } = outcomes.get(need[0]) ?? Promise.withResolvers<void>();
      promise.catch(() => {});
      await failsWithout(need, `operator-${index}`).then(resolve, reject);
    }
  };
  working = Promise.all(Array.from({ length: lanes }, work));
});
afterAll(async () => {
  await working;
  await front?.stop();
  await pool?.destroy();
  await world?.stop();
});

const rulesOf = (holder: string): readonly Rule[] => roles.get(holder) ?? [];

/** What the operator says of the objects in its namespace. */
async function statuses({ kube, namespace }: LimitedOperator): Promise<string[]> {
  const kinds = [pools, groups, policies, imageSets] as unknown as readonly ResourceKind<Reported>[];
  const lists = await Promise.all(kinds.map((kind) => kube.direct.list(kind, { namespace })));
  return lists.flatMap(({ items }) => items.map(({ status }) => JSON.stringify(status ?? {})));
}

type Reported = KubeObject & { readonly status?: object };

/** An operator without the right says so and does not do what needs it; once it has the right, it does. */
async function failsWithout([right, , deed]: Need, namespace: string): Promise<void> {
  const rules = rulesOf('operator');
  const operator = await LimitedOperator.make(world.kube, namespace, withoutRight(rules, right));
  const refused = async () => operator.refusals(...(await statuses(operator)));
  try {
    await operator.start();
    await wantSite(operator);
    const isRefused = async () => {
      await deed(operator).catch(() => {});
      expect(await refused(), operator.lastWords()).toEqual([right]);
    };
    await eventually(isRefused, 60_000, 300);
    await expect(deed(operator)).rejects.toThrow();
    await operator.grant(rules);
    await eventually(() => deed(operator), 60_000, 300);
  } finally {
    await operator.end();
  }
}

test.each(operatorNeeds)('an operator without the right %s: %s', async (right) => {
  await outcomes.get(right)?.promise;
});

/** A client that acts as somebody else. */
async function actingAs<T>(user: string, act: (client: KubeClient) => Promise<T>): Promise<T> {
  const { url, ca, token } = world.kube.plane;
  const transport = new Transport({
    config: { server: url, ca, token: async () => token, impersonate: user, namespace: 'default' },
    clock: systemClock,
    random: Math.random,
  });
  try {
    return await act(new KubeClient(transport, { fieldManager: 'test' }));
  } finally {
    await transport.close();
  }
}

const rbac = (plural: string, kind: string) => define('rbac.authorization.k8s.io/v1', plural, kind);

/** Gives a user these rights in a namespace, and no others. */
async function grant(user: string, namespace: string, rules: readonly Rule[]): Promise<void> {
  const { direct } = world.kube;
  const apiGroup = 'rbac.authorization.k8s.io';
  const metadata = { namespace, name: user };
  await direct.apply(rbac('roles', 'Role'), { metadata, rules } as never);
  const roleRef = { apiGroup, kind: 'Role', name: user };
  const subjects = [{ kind: 'User', apiGroup, name: user }];
  await direct.apply(rbac('rolebindings', 'RoleBinding'), { metadata, roleRef, subjects } as never);
}

const isRefused = (act: Promise<unknown>): Promise<boolean> => act.then(() => false, isForbidden);

/** Whoever has the cluster's role edit may create pods, without which the admission policy refuses groups. */
const besides: Readonly<Record<string, readonly Rule[]>> = {
  edit: [{ apiGroups: [''], resources: ['pods'], verbs: ['create'] }],
};

const userRows = Object.entries(userNeeds).flatMap(([holder, rows]) =>
  rows.map(([right, act], index) => ({ holder, right, act, namespace: `${holder}-${index}` })),
);

test.each(userRows)(
  'somebody with the role $holder but the right $right is refused what needs it',
  async ({ holder, right, act, namespace }) => {
    const { direct } = world.kube;
    const rules = [...rulesOf(holder), ...(besides[holder] ?? [])];
    await wantPeople(direct, namespace);
    await actingAs(holder, async (user) => {
      await grant(holder, namespace, rules);
      await eventually(() => act(user, namespace, direct));
      await grant(holder, namespace, withoutRight(rules, right));
      await eventually(async () => expect(await isRefused(act(user, namespace, direct))).toBe(true));
    });
  },
);

test.each((await valueFiles()).map((file) => [basename(file), file] as const))(
  'no right that the chart gives with %s is missing from these tables',
  async (_, file) => {
    const shown: Readonly<Record<string, readonly string[]>> = {
      operator: operatorNeeds.map(([right]) => right),
      ...Object.fromEntries(
        Object.entries(userNeeds).map(([holder, rows]) => [holder, rows.map(([right]) => right)]),
      ),
    };
    for (const [holder, rules] of await chartRoles(['--values', file])) {
      expect([...(shown[holder] ?? [])].sort(), holder).toEqual(rightsIn(rules).sort());
    }
  },
);

const chart = { namespace: 'glidein-system', name: 'glidein-operator' };

/** Asks as the account of a release that Helm has installed, with its own token. */
async function asInstalled(act: (client: KubeClient) => Promise<unknown>, account = chart): Promise<void> {
  const { url, ca } = world.kube.plane;
  const { token } = await world.kube.direct.createToken(account, { audiences: [], expirationSeconds: 600 });
  const transport = new Transport({
    config: { server: url, ca, token: async () => token, namespace: account.namespace },
    clock: systemClock,
    random: Math.random,
  });
  try {
    await act(new KubeClient(transport, { fieldManager: 'test' }));
  } finally {
    await transport.close();
  }
}

test.each(forbidden)('the operator may not %s', async (_, asked) => {
  await asInstalled(async (client) => {
    const patch = asked.method === 'PATCH' ? { contentType: 'application/merge-patch+json' } : {};
    expect(await isRefused(client.raw({ ...patch, ...asked }))).toBe(true);
  });
});

test('an operator that serves one namespace may create pods there, and read or write nothing elsewhere', async () => {
  const values = (await valueFiles()).find((file) => file.endsWith('one-namespace-values.yaml')) ?? '';
  const place = ['--namespace', 'single', '--create-namespace', '--values', values];
  await world.namespace('experiment');
  await world.helm(['install', 'glidein', chartFolders.glidein, ...place]);
  const pod = (namespace: string) => ({
    metadata: { namespace, name: 'x' },
    spec: { containers: [{ name: 'x', image: 'example.org/x' }] },
  });
  await asInstalled(
    async (client) => {
      await eventually(() => client.create(pods, pod('experiment')));
      for (const elsewhere of ['default', 'single']) {
        expect(await isRefused(client.create(pods, pod(elsewhere)))).toBe(true);
        expect(await isRefused(client.get(secrets, { namespace: elsewhere, name: 'x' }))).toBe(true);
        expect(await isRefused(client.list(pools, { namespace: elsewhere }))).toBe(true);
      }
      expect(await isRefused(client.list(pods))).toBe(true);
    },
    { namespace: 'single', name: chart.name },
  );
});

test('the operator may not act as somebody else', async () => {
  const { url, ca } = world.kube.plane;
  const { token } = await world.kube.direct.createToken(chart, { audiences: [], expirationSeconds: 600 });
  const headers = { authorization: `Bearer ${token}`, 'impersonate-user': 'admin' };
  const agent = new Agent({ connect: { ca } });
  const { statusCode } = await request(`${url}/api/v1/namespaces`, { headers, dispatcher: agent });
  await agent.close();
  expect(statusCode).toBe(403);
});

test.each(Object.keys(beyond))('somebody with only the role %s may do no more', async (holder) => {
  const namespace = `beyond-${holder}`;
  await wantPeople(world.kube.direct, namespace);
  await grant(holder, namespace, rulesOf(holder));
  const [, allowed] = userNeeds[holder]?.[0] ?? [];
  await actingAs(holder, async (user) => {
    // The role has taken effect.
    await eventually(() =>
      allowed?.(user, namespace, world.kube.direct).catch((error: unknown) => {
        if (isForbidden(error) && holder !== 'edit') throw error;
      }),
    );
    for (const [what, act] of beyond[holder] ?? [])
      await eventually(async () =>
        expect(await isRefused(act(user, namespace, world.kube.direct)), what).toBe(true),
      );
  });
});
