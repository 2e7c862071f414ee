import { readdirSync, readFileSync } from 'node:fs';
import { TestCluster } from '#testing/cluster.ts';
import { eventually } from '#testing/eventually.ts';
import { installCharts } from '#testing/install-charts.ts';

/**
 * Fifteen busy pilots on a real cluster, under two operators that take turns because they are stopped, are killed, or lose the
 * API server; then a drained node. Needs root. Every pilot must survive everything but the last, and after that no job may
 * be left on a pod that is gone.
 */

const image = 'glidein.dev/glidein:leaders';
const name = `leaders-${process.pid}`;
const namespace = 'ld';
const [pilots, jobs, unregistered] = [15, 30, 90];

const resources = [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
  ours('GlideinPool', 'p', {
    type: 'Embedded',
    embedded: {
      storage: { size: '1Gi', whenDeleted: 'Delete' },
      resources: { cpu: '50m', memory: '512Mi' },
    },
  }),
  ours('PressurePolicy', 'pp', { strategy: 'Packing', jobs: 'true', ramp: { maxPerStep: 20 } }),
  ours('GlideinGroup', 'g', {
    poolRef: { name: 'p' },
    pressurePolicyRef: { name: 'pp' },
    limits: { maxPilots: 20, maxPending: 20, maxIdle: 20 },
    pilot: {
      cpus: 2,
      memory: '256Mi',
      disk: '1Gi',
      lifetimes: { maxIdle: '60s', maxTail: '30s' },
    },
    template: { resources: { cpuRequest: '20m', overheadCpu: '10m', overheadMemory: '128Mi' } },
    // Shorter than the pilots' age: a leader that trusts answers of an earlier term finds all of them overdue.
    deadlines: { unregistered: `${unregistered}s` },
  }),
];

function ours(kind: string, named: string, spec: object) {
  return { apiVersion: 'glidein.dev/v1alpha1', kind, metadata: { name: named, namespace }, spec };
}

const begun = performance.now();
const log = (line: string) =>
  process.stdout.write(`${((performance.now() - begun) / 1000).toFixed(0).padStart(4)} s  ${line}\n`);
const seconds = (count: number) => new Promise((done) => setTimeout(done, count * 1000));

/** Processes of this machine, including those in pods, whose command line contains all of these words. */
function processesWith(...words: string[]): number[] {
  return readdirSync('/proc').flatMap((pid) => {
    if (!/^\d+$/.test(pid)) return [];
    try {
      const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      return words.every((word) => line.includes(word)) ? [Number(pid)] : [];
    } catch {
      return [];
    }
  });
}

const cluster = await TestCluster.start(name, image);
try {
  process.exitCode = await run();
} finally {
  await cluster.stop();
}

async function run(): Promise<number> {
  await install();
  await submit();
  const before = await eventually(async () => {
    const uids = await podsOfPilots();
    const { running } = await counts();
    if (running !== jobs || uids.length < pilots)
      throw new Error(`${running} jobs run on ${uids.length} pods`);
    return uids;
  }, 240_000);
  log(`${jobs} jobs run on ${before.length} pilots`);
  await seconds(unregistered);
  let lost = 0;
  for (const [what, attack] of [
    ['the leader stops for 20 s', () => stopLeader(20)],
    ['the other leader stops for 20 s', () => stopLeader(20)],
    ['the first leader, which leads again, is killed', killLeader],
    ['the API server is away for 60 s', () => stopApiServer(60)],
    ['the API server is away for 32 s', () => stopApiServer(32)],
  ] as const) {
    await attack();
    // Longer than the time to register, so that a pilot that is wrongly considered overdue is gone by then.
    await seconds(20);
    const alive = new Set(await eventually(podsOfPilots, 60_000));
    lost = before.filter((uid) => !alive.has(uid)).length;
    const { running } = await eventually(counts, 60_000);
    log(
      `${what}: ${lost} of ${before.length} pilots lost, ${running} jobs run, ${alive.size} pods, led by ${await leader()}`,
    );
    if (lost > 0 || alive.size > before.length || running !== jobs) return 1;
  }
  return drain();
}

/** Evicts everything at once: pilots die while neither the pool nor an operator is there to notice. */
async function drain(): Promise<number> {
  const { items } = await cluster.json<{ items: { metadata: { name: string } }[] }>(['get', 'nodes']);
  const node = items[0]?.metadata.name ?? '';
  await cluster.kubectl([
    'drain',
    node,
    '--ignore-daemonsets',
    '--delete-emptydir-data',
    '--force',
    '--timeout=180s',
  ]);
  await cluster.kubectl(['uncordon', node]);
  const drained = performance.now();
  log('the node was drained');
  // A pod runs two jobs; any others are jobs on pods that are gone.
  await eventually(async () => {
    const [uids, { running, idle }] = await Promise.all([podsOfPilots(), counts()]);
    if (running > 2 * uids.length || idle > 0)
      throw new Error(`${running} run and ${idle} wait on ${uids.length} pods`);
  }, 300_000);
  const took = ((performance.now() - drained) / 1000).toFixed(0);
  log(`every job that runs has a pod again ${took} s after the drain`);
  return 0;
}

async function install(): Promise<void> {
  await installCharts(cluster, image, ['replicas=2']);
  await cluster.apply(...resources);
  await cluster.kubectl(['-n', namespace, 'wait', '--for=condition=Ready', 'gpool/p', '--timeout=120s']);
  log('two operators and a pool are ready');
}

async function submit(): Promise<void> {
  const text = `executable = /bin/sh
    arguments = "-c 'sleep 1800'"
    container_image = hello
    request_cpus = 1
    request_memory = 64 MB
    request_disk = 10 MB
    queue ${jobs}`;
  const { code, err } = await cluster.glidein(['--pool', `${namespace}/p`, 'submit', '-'], { input: text });
  if (code !== 0) throw new Error(`submit failed: ${err}`);
}

/** Uids of pods of pilots that have not ended. */
async function podsOfPilots(): Promise<string[]> {
  const { items } = await cluster.json<{
    items: { metadata: { uid: string; deletionTimestamp?: string }; status: { phase: string } }[];
  }>(['-n', namespace, 'get', 'pods', '-l', 'app.kubernetes.io/component=pilot']);
  return items
    .filter(({ metadata, status }) => metadata.deletionTimestamp === undefined && status.phase === 'Running')
    .map(({ metadata }) => metadata.uid);
}

async function counts(): Promise<{ readonly running: number; readonly idle: number }> {
  const { code, out, err } = await cluster.glidein(['--pool', `${namespace}/p`, 'q', '--af', 'JobStatus']);
  if (code !== 0) throw new Error(`q failed: ${err}`);
  const states = out.trim().split('\n');
  return {
    running: states.filter((state) => state === '2').length,
    idle: states.filter((state) => state === '1').length,
  };
}

async function leader(): Promise<string> {
  const { spec } = await cluster.json<{ spec: { holderIdentity: string } }>([
    '-n',
    'glidein-system',
    'get',
    'lease',
    'glidein-operator',
  ]);
  return spec.holderIdentity.replace(/_.*$/, '');
}

/** The process of the operator in a pod. */
function operatorIn(pod: string): number {
  const found = processesWith('node', '/dist/operator.js').find((pid) => {
    try {
      return readFileSync(`/proc/${pid}/root/etc/hostname`, 'utf8').trim() === pod;
    } catch {
      return false;
    }
  });
  if (found === undefined) throw new Error(`no operator runs in ${pod}`);
  return found;
}

async function stopLeader(count: number): Promise<void> {
  const pid = operatorIn(await leader());
  process.kill(pid, 'SIGSTOP');
  await seconds(count).finally(() => process.kill(pid, 'SIGCONT'));
}

async function killLeader(): Promise<void> {
  process.kill(operatorIn(await leader()), 'SIGKILL');
  await seconds(20);
}

async function stopApiServer(count: number): Promise<void> {
  const pids = processesWith('kube-apiserver', `/cluster/${name}/`);
  if (pids.length === 0) throw new Error('the API server is not to be found');
  for (const pid of pids) process.kill(pid, 'SIGSTOP');
  await seconds(count).finally(() => {
    for (const pid of pids) process.kill(pid, 'SIGCONT');
  });
}
