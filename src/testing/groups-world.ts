import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { systemClock } from '#base/clock.ts';
import type { PoolClient } from '#client/pool-client.ts';
import { type GroupResource, groups, type PoolResource, policies, pools } from '#groups/cluster/resources.ts';
import { Informer } from '#kube/informer.ts';
import { type Pod, pods } from '#kube/resource.ts';
import { submitAnswer } from '#wire/jobs.ts';
import { submitOf } from './ads.ts';
import { eventually } from './eventually.ts';
import type { FaultProxy } from './fault-proxy.ts';
import type { GroupsOperatorOptions } from './groups-operator.ts';
import { type KubeWorld, startKubeWorld } from './kube-world.ts';
import { TestPool } from './test-pool.ts';

const root = join(import.meta.dirname, '../..');

/** A real API server with this project's definitions. */
export async function startGroupsWorld(): Promise<KubeWorld> {
  const world = await startKubeWorld();
  for (const kind of ['glideinpools', 'glideingroups', 'pressurepolicies', 'imagesets']) {
    const body: unknown = parse(await readFile(join(root, `crds/${kind}.yaml`), 'utf8'));
    await world.direct.raw({
      method: 'POST',
      path: '/apis/apiextensions.k8s.io/v1/customresourcedefinitions',
      body,
    });
  }
  await eventually(async () => {
    await world.direct.list(pools);
    await world.direct.list(groups);
    await world.direct.list(policies);
  });
  return world;
}

/** One namespace with a real pool, a policy and one group; a witness that sees every pod that ever was. */
export class GroupsSite {
  readonly namespace: string;
  readonly pool: TestPool;
  /** Uids of all pods that ever were created, by name. */
  readonly witnessed = new Map<string, string[]>();
  /** Names of pods that were deleted or told to end. */
  readonly deleted = new Set<string>();
  readonly #world: KubeWorld;
  readonly #submitter: PoolClient;
  readonly #over = new AbortController();
  readonly #children: ChildProcess[] = [];
  #poolIsGone = false;
  #watching: Promise<void> = Promise.resolve();

  private constructor(world: KubeWorld, namespace: string, pool: TestPool) {
    this.#world = world;
    this.namespace = namespace;
    this.pool = pool;
    this.#submitter = pool.client('submitter');
  }

  static async start(world: KubeWorld, namespace: string): Promise<GroupsSite> {
    const site = new GroupsSite(world, namespace, await TestPool.start());
    const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } };
    await world.direct.raw({ method: 'POST', path: '/api/v1/namespaces', body });
    await site.#witness();
    await world.direct.create(pools, { metadata: { name: 'p', namespace }, spec: { type: 'Embedded' } });
    const address = { status: { address: site.pool.url } };
    await world.direct.mergePatchStatus<PoolResource>(pools, { name: 'p', namespace }, address);
    return site;
  }

  /** A policy that decides every second. */
  async policy(spec: object = {}): Promise<void> {
    const { namespace } = this;
    await this.#world.direct.create(policies, {
      metadata: { name: 'p', namespace },
      spec: { interval: '1s', ...spec } as object,
    });
  }

  /** A group of whose pilots each takes one job of four cores. */
  async group(spec: object = {}): Promise<void> {
    const { namespace } = this;
    const base = {
      poolRef: { name: 'p' },
      ...('replicas' in spec ? {} : { pressurePolicyRef: { name: 'p' } }),
      isolation: 'Shared',
      pilot: { cpus: 4, memory: '4Gi', disk: '2Gi' },
    };
    await this.#world.direct.create(groups, {
      metadata: { name: 'g', namespace },
      spec: { ...base, ...spec } as object,
    });
  }

  async submit(jobs: number, more: Readonly<Record<string, string>> = {}): Promise<void> {
    const json = submitOf(jobs, { RequestCpus: '4', ...more });
    await this.#submitter.json('/v1/jobs', submitAnswer, { method: 'POST', json });
  }

  read(): Promise<GroupResource> {
    return this.#world.direct.get(groups, { name: 'g', namespace: this.namespace });
  }

  async pods(): Promise<readonly Pod[]> {
    return (await this.#world.direct.list(pods, { namespace: this.namespace })).items;
  }

  /** Writes a pod's status as its kubelet would. */
  async kubelet(name: string, status: object): Promise<void> {
    await this.#world.direct.mergePatchStatus<Pod>(pods, { namespace: this.namespace, name }, {
      status,
    } as object);
  }

  /** The controllers in a process of their own, which reaches the API server through `proxy`. */
  async operator(
    proxy: Pick<FaultProxy, 'url'>,
    more: Pick<GroupsOperatorOptions, 'lease' | 'environment'> & { readonly poolUrl?: string } = {},
  ): Promise<ChildProcess> {
    const options: GroupsOperatorOptions = {
      server: proxy.url,
      token: this.#world.plane.token,
      namespace: this.namespace,
      pool: {
        url: more.poolUrl ?? this.pool.url,
        token: await this.pool.token('operator', 'operator'),
      },
      ...(more.lease === undefined ? {} : { lease: more.lease }),
      ...(more.environment === undefined ? {} : { environment: more.environment }),
    };
    return this.#spawn(JSON.stringify(options));
  }

  #spawn(options: string): ChildProcess {
    const file = join(import.meta.dirname, 'groups-operator.ts');
    const child = spawn(process.execPath, [file, options], {
      stdio: ['pipe', 'inherit', 'inherit'],
    });
    this.#children.push(child);
    return child;
  }

  /** Kills every operator of this site and starts as many new ones. */
  async restartOperators(): Promise<void> {
    const before = this.#children.splice(0);
    for (const child of before) await kill(child);
    for (const { spawnargs } of before) this.#spawn(spawnargs[2] ?? '');
  }

  /** Ends the pool's process; its address stays. */
  async stopPool(): Promise<void> {
    this.#poolIsGone = true;
    await this.pool.destroy();
  }

  async stop(): Promise<void> {
    for (const child of this.#children) await kill(child);
    this.#over.abort();
    await this.#watching;
    if (!this.#poolIsGone) await this.stopPool();
  }

  async #witness(): Promise<void> {
    const informer = new Informer<Pod>({
      client: this.#world.direct,
      kind: pods,
      selection: { namespace: this.namespace },
      clock: systemClock,
      random: Math.random,
      logger: this.#world.logger,
    });
    informer.onChange(({ type, object }) => {
      const { name, uid = '', deletionTimestamp } = object.metadata;
      if (type === 'deleted' || deletionTimestamp !== undefined) this.deleted.add(name);
      const known = this.witnessed.get(name) ?? [];
      if (!known.includes(uid)) this.witnessed.set(name, [...known, uid]);
    });
    this.#watching = informer.run(this.#over.signal);
    await informer.synced;
  }
}

/** Ends a process without a chance to say anything. */
export async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}
