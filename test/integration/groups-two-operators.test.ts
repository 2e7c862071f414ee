import { type ChildProcess, spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type GroupResource, groups } from '#groups/cluster/resources.ts';
import { events } from '#kube/event.ts';
import { leases } from '#kube/resource.ts';
import { eventually } from '#testing/eventually.ts';
import type { FaultProxy, SeenRequest } from '#testing/fault-proxy.ts';
import type { GroupsOperatorOptions } from '#testing/groups-operator.ts';
import { GroupsSite, kill, startGroupsWorld } from '#testing/groups-world.ts';
import type { KubeWorld } from '#testing/kube-world.ts';

/** Two installations of the operator, each a process of its own, serve namespaces of which one is the same. */

const times = { durationMs: 3_000, renewDeadlineMs: 2_000, retryMs: 300 };

let world: KubeWorld;
let sites: readonly GroupsSite[] = [];
const installations: Installation[] = [];

beforeAll(async () => {
  world = await startGroupsWorld();
  sites = await Promise.all(['alone', 'shared', 'other'].map((name) => GroupsSite.start(world, name)));
  await Promise.all(sites.map((site) => site.group({ replicas: 2 })));
});
afterAll(async () => {
  for (const { child } of installations) if (child !== undefined) await kill(child);
  await Promise.all(sites.map((site) => site.stop()));
  await world?.stop();
});

/** One installation: its process may be killed and started again. */
class Installation {
  readonly name: string;
  readonly #namespaces: readonly string[];
  readonly #proxy: FaultProxy;
  child: ChildProcess | undefined;
  /** What it wrote in the namespace that both serve, but for Leases and Events. */
  readonly written: string[] = [];

  constructor(name: string, namespaces: readonly string[], proxy: FaultProxy) {
    this.name = name;
    this.#namespaces = namespaces;
    this.#proxy = proxy;
    proxy.fault = (request) => this.#note(request);
    installations.push(this);
  }

  static async make(name: string, namespaces: readonly string[]): Promise<Installation> {
    return new Installation(name, namespaces, (await world.behindProxy()).proxy);
  }

  async start(): Promise<void> {
    const doors = await Promise.all(
      sites.map(async ({ namespace, pool }) => [
        namespace,
        { url: pool.url, token: await pool.token('operator', 'operator') },
      ]),
    );
    const options: GroupsOperatorOptions = {
      server: this.#proxy.url,
      token: world.plane.token,
      namespace: 'default',
      namespaces: this.#namespaces,
      pool: { url: '', token: '' },
      pools: Object.fromEntries(doors),
      lease: { name: this.name, ...times },
      claims: { holder: `default/${this.name}`, ...times },
    };
    const file = resolve(import.meta.dirname, '../../src/testing/groups-operator.ts');
    this.child = spawn(process.execPath, [file, JSON.stringify(options)], {
      stdio: ['pipe', 'inherit', 'inherit'],
    });
  }

  #note({ method, path }: SeenRequest): undefined {
    if (method !== 'GET' && /\/namespaces\/shared\/(?!leases|events)/.test(path))
      this.written.push(`${method} ${path}`);
  }
}

async function replicas(namespace: string, number: number): Promise<void> {
  await world.direct.mergePatch<GroupResource>(
    groups,
    { namespace, name: 'g' },
    { spec: { replicas: number } },
  );
}

async function holder(): Promise<string | undefined> {
  return (await world.direct.get(leases, { namespace: 'shared', name: 'glidein-namespace' })).spec
    ?.holderIdentity;
}

const pilots = (namespace: string): number =>
  sites.find((site) => site.namespace === namespace)?.witnessed.size ?? 0;

const has = (namespace: string, number: number) =>
  eventually(() => expect(pilots(namespace)).toBe(number), 30_000);

const holds = ({ name }: Installation) =>
  eventually(async () => expect(await holder()).toBe(`default/${name}`), 30_000);

test('of two operators that see a namespace one serves it; stopped, killed and back, none doubles, deletes or writes out of turn', async () => {
  const first = await Installation.make('first', ['alone', 'shared']);
  const second = await Installation.make('second', ['shared', 'other']);
  await first.start();
  await Promise.all([has('alone', 2), has('shared', 2)]);
  await second.start();
  await has('other', 2);
  await eventually(async () => {
    const { items } = await world.direct.list(events, { namespace: 'shared' });
    const notes = items.filter(({ reason }) => reason === 'ServedByAnother').map(({ note }) => note);
    expect(notes).toEqual([expect.stringMatching(/default\/second leaves .* default\/first serves/)]);
  });
  expect([await holder(), second.written]).toEqual(['default/first', []]);

  // The holder stands still for longer than its claim lasts, and has things to do when it wakes.
  first.child?.kill('SIGSTOP');
  await holds(second);
  await replicas('shared', 4);
  await has('shared', 4);
  const before = first.written.length;
  await replicas('shared', 5);
  first.child?.kill('SIGCONT');
  await has('shared', 5);
  await replicas('alone', 3);
  await has('alone', 3);
  expect(first.written.slice(before)).toEqual([]);
  expect(await holder()).toBe('default/second');

  if (second.child !== undefined) await kill(second.child);
  const after = second.written.length;
  await holds(first);
  await replicas('shared', 6);
  await has('shared', 6);
  await second.start();
  await replicas('other', 3);
  await has('other', 3);
  await replicas('shared', 7);
  await has('shared', 7);
  expect(second.written.slice(after)).toEqual([]);
  expect(await holder()).toBe('default/first');
  for (const site of sites) {
    expect([...site.deleted]).toEqual([]);
    expect([...site.witnessed.values()].every((uids) => uids.length === 1)).toBe(true);
  }
}, 180_000);
