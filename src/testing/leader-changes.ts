import type { ChildProcess } from 'node:child_process';
import { type Lease, leases } from '#kube/resource.ts';
import { eventually } from './eventually.ts';
import { type Fault, FaultProxy, type SeenRequest } from './fault-proxy.ts';
import { GroupsSite, kill } from './groups-world.ts';
import type { KubeWorld } from './kube-world.ts';
import { SimulatedPilots } from './simulated-pilots.ts';

const lease = { name: 'leader', durationMs: 3_000, renewDeadlineMs: 2_000, retryMs: 300 };

/** How leadership is taken from a process. */
const kinds = ['stop', 'kill', 'cut', 'outage'] as const;

interface Operator {
  child: ChildProcess;
  readonly api: FaultProxy;
  readonly pool: FaultProxy;
}

export interface LeaderChangesOptions {
  readonly world: KubeWorld;
  readonly namespace: string;
  readonly pilots: number;
  readonly changes: number;
  readonly random: () => number;
  readonly log: (line: string) => void;
}

/** What was seen; nothing was harmed when `deleted` and `twice` are empty, and `pods` are as many as `jobs`. */
export interface LeaderChangesResult {
  readonly changes: number;
  readonly jobs: number;
  readonly pods: number;
  readonly running: number;
  readonly deleted: readonly string[];
  readonly twice: readonly string[];
}

/**
 * Two operators, each behind a proxy to the API server and one to the pool, take the Lease from each other again and again
 * while their pilots work: by being stopped, killed or cut off. Answers of the pool come late, twice or not at all. Each
 * job waits for a pilot of its own, and one more is submitted at each change.
 */
export async function changeLeaders(options: LeaderChangesOptions): Promise<LeaderChangesResult> {
  const { world, namespace, pilots: count, random, log } = options;
  const site = await GroupsSite.start(world, namespace);
  const pilots = new SimulatedPilots(site);
  const closing: (() => Promise<void>)[] = [() => site.stop(), async () => pilots.stop()];
  try {
    await site.policy({ removal: { mode: 'Never' }, ramp: { maxPerStep: 100 } });
    await site.group({
      limits: { maxPilots: 1000, maxPending: 1000, maxIdle: 1000, createPerMinute: 6000 },
      deadlines: { unregistered: '5s' },
    });
    const operators: Operator[] = [];
    for (let index = 0; index < 2; index++) {
      const { proxy: api } = await world.behindProxy();
      const pool = await FaultProxy.start({ upstream: site.pool.url });
      closing.push(() => pool.stop());
      pool.keeps = ({ path }) => path === '/v1/bidders/here';
      operators.push({ child: await start(site, api, pool), api, pool });
    }
    pilots.run();
    await site.submit(count);
    await eventually(() => allWork(site, count), 180_000);
    log(`${count} pilots work`);
    let jobs = count;
    for (let change = 0; change < options.changes; change++) {
      for (const { pool } of operators) pool.fault = (request) => faultOf(request, random);
      const kind = kinds[change % kinds.length] ?? 'stop';
      const leader = await takeAway(kind, site, world, operators);
      jobs += 1;
      await site.submit(1);
      if (random() < 0.3) await pilots.reconnect(Math.ceil(count / 20));
      await new Promise((resolve) => setTimeout(resolve, random() * 2_000));
      log(
        `${change + 1}: ${kind}, now ${leader} leads; ${site.witnessed.size} pods, ${site.deleted.size} deleted`,
      );
    }
    for (const { pool } of operators) pool.fault = () => undefined;
    await eventually(() => allWork(site, jobs), 120_000).catch(() => undefined);
    const twice = [...site.witnessed].flatMap(([name, uids]) => (uids.length > 1 ? [name] : []));
    return {
      changes: options.changes,
      jobs,
      pods: site.witnessed.size,
      running: site.pool.core.queue.countIn('Running'),
      deleted: [...site.deleted],
      twice,
    };
  } finally {
    for (const close of closing.reverse()) await close();
  }
}

function allWork(site: GroupsSite, jobs: number): void {
  const running = site.pool.core.queue.countIn('Running');
  if (running !== jobs) throw new Error(`${running} of ${jobs} jobs run, on ${site.witnessed.size} pods`);
}

const start = (site: GroupsSite, api: FaultProxy, pool: FaultProxy): Promise<ChildProcess> =>
  site.operator(api, { poolUrl: pool.url, lease });

/** What happens to a request to the pool: most of them arrive. */
function faultOf({ path }: SeenRequest, random: () => number): Fault | undefined {
  const dice = random();
  if (dice < 0.25) return { kind: 'delay', milliseconds: random() * 3_000 };
  if (dice < 0.35) return { kind: 'reset' };
  if (dice < 0.45) return { kind: 'lose' };
  if (dice < 0.5) return { kind: 'answer', status: 503 };
  return dice < 0.7 && path === '/v1/bidders/here' ? { kind: 'replay' } : undefined;
}

/** Takes the Lease from its holder in one way, and waits until another process has it. */
async function takeAway(
  kind: (typeof kinds)[number],
  site: GroupsSite,
  world: KubeWorld,
  operators: readonly Operator[],
): Promise<string> {
  const holder = () => holderOf(world, site.namespace);
  const before = await eventually(async () => {
    const found = await holder();
    if (!operators.some(({ child }) => String(child.pid) === found)) throw new Error('nobody leads yet');
    return found;
  });
  const leader = operators.find(({ child }) => String(child.pid) === before);
  if (leader === undefined) throw new Error('the leader is none of the operators');
  const changed = () =>
    eventually(async () => {
      const now = await holder();
      if (now === before || now === '') throw new Error(`${before} leads still`);
      return now;
    });
  switch (kind) {
    case 'stop': {
      leader.child.kill('SIGSTOP');
      const next = await changed().finally(() => leader.child.kill('SIGCONT'));
      return next;
    }
    case 'kill':
      await kill(leader.child);
      leader.child = await start(site, leader.api, leader.pool);
      return changed();
    case 'cut':
      leader.api.fault = () => ({ kind: 'reset' });
      leader.api.cutAll();
      return changed().finally(() => {
        leader.api.fault = () => undefined;
      });
    case 'outage':
      // Nobody leads while the API server is away; whoever does then begins a new term.
      for (const { api } of operators) {
        api.fault = () => ({ kind: 'reset' });
        api.cutAll();
      }
      await new Promise((resolve) => setTimeout(resolve, 2 * lease.durationMs));
      for (const { api } of operators) api.fault = () => undefined;
      return eventually(async () => {
        const { renewTime } = (await leaseOf(world, site.namespace)).spec ?? {};
        if (Date.now() - Date.parse(renewTime ?? '') > lease.durationMs) throw new Error('nobody leads yet');
        return holder();
      });
  }
}

const leaseOf = (world: KubeWorld, namespace: string): Promise<Lease> =>
  world.direct.get(leases, { namespace, name: lease.name });

const holderOf = async (world: KubeWorld, namespace: string): Promise<string> =>
  (await leaseOf(world, namespace)).spec?.holderIdentity ?? '';
