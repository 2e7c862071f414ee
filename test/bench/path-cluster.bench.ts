import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { cpus } from 'node:os';
import { createInterface } from 'node:readline';
import { clusterPool } from '#cli/cluster-pool.ts';
import type { PoolClient } from '#client/pool-client.ts';
import { parseSubmit } from '#submit/parse-submit.ts';
import { TestCluster } from '#testing/cluster.ts';
import { eventually } from '#testing/eventually.ts';
import { percentile, report } from '#testing/figures.ts';
import { HelloOnCluster } from '#testing/hello-on-cluster.ts';
import { jobsAnswer, submitAnswer } from '#wire/jobs.ts';
import { pilotsAnswer } from '#wire/pilots.ts';

/**
 * From a submit to a group without pilots to the payload's own first instruction: the pod object, the running
 * container (Kubernetes' own share lies between these two), the registered pilot, the payload. All by one clock.
 */

const rounds = Number(process.env.GLIDEIN_BENCH_ROUNDS ?? 12);
const image = 'glidein.dev/glidein:bench';
const conditions = `${rounds} rounds from zero pilots, one node, ${cpus().length} cores, image on the node, without the command line's start`;

/** Epoch milliseconds with fractions. */
const now = (): number => performance.timeOrigin + performance.now();

/** When each pod was first seen, and first seen running. */
class PodWatch {
  readonly created = new Map<string, number>();
  readonly running = new Map<string, number>();
  readonly #child;

  constructor(cluster: TestCluster, namespace: string) {
    const line = 'jsonpath={.type} {.object.metadata.name} {.object.status.phase}{"\\n"}';
    const args = [
      '--namespace',
      namespace,
      'get',
      'pods',
      '-l',
      'app.kubernetes.io/component=pilot',
      '--watch',
      '--output-watch-events',
      '-o',
      line,
    ];
    this.#child = spawn('kubectl', args, { env: cluster.env, stdio: ['ignore', 'pipe', 'inherit'] });
    createInterface({ input: this.#child.stdout }).on('line', (text) => {
      const [, name = '', phase] = text.split(' ');
      if (!this.created.has(name)) this.created.set(name, now());
      if (phase === 'Running' && !this.running.has(name)) this.running.set(name, now());
    });
  }

  stop(): void {
    this.#child.kill();
  }
}

interface Times {
  readonly object: number;
  readonly running: number;
  readonly registered: number;
  readonly instruction: number;
}

async function round(client: PoolClient, watch: PodWatch): Promise<Times> {
  const seen = new Set(watch.created.keys());
  const text =
    'executable = /bin/sh\narguments = "-c \'echo $EPOCHREALTIME\'"\ncontainer_image = hello\nrequest_disk = 10 MB\nqueue\n';
  const { cluster, procs } = parseSubmit(text, {
    file: 'bench.sub',
    owner: 'bench',
    directory: '/',
    now: 0,
    readFile: () => undefined,
    environment: {},
    random: Math.random,
  });
  const begin = now();
  const json = {
    key: randomUUID(),
    cluster,
    procs: procs.map(({ attributes }) => ({ attributes, inputs: [] })),
  };
  const answer = await client.json('/v1/jobs', submitAnswer, { method: 'POST', json });
  const job = await eventually(async () => {
    const { jobs } = await client.json(`/v1/jobs/${answer.cluster}.0`, jobsAnswer);
    if (jobs[0]?.ad.JobStatus !== '4') throw new Error(`not done: ${JSON.stringify(jobs[0]?.ad)}`);
    return jobs[0];
  }, 60_000);
  const pilot = job.attempts[0]?.pilot ?? '';
  const { pilots } = await client.json('/v1/pilots', pilotsAnswer);
  const out = await client.raw(`/v1/jobs/${job.id}/logs/stdout`);
  const name = [...watch.created.keys()].find((pod) => !seen.has(pod)) ?? pilot;
  return {
    object: (watch.created.get(name) ?? Number.NaN) - begin,
    running: (watch.running.get(name) ?? Number.NaN) - begin,
    registered: (pilots.find((each) => each.name === pilot)?.registeredAt ?? Number.NaN) - begin,
    instruction: Number(await out.body.text()) * 1000 - begin,
  };
}

const cluster = await TestCluster.start(`bench-${process.pid}`, image);
try {
  process.stderr.write('installing the charts\n');
  const hello = await HelloOnCluster.install(cluster, image);
  const lifetimes = { spec: { pilot: { lifetimes: { maxIdle: '30s', maxTail: '2s' } } } };
  await hello.kubectl(['patch', 'gg', 'hello', '--type=merge', '-p', JSON.stringify(lifetimes)]);
  process.env.KUBECONFIG = cluster.env.KUBECONFIG;
  const client = await clusterPool({ pool: 'hello/hello', account: 'default', context: undefined });
  const watch = new PodWatch(cluster, hello.namespace);
  const times: Times[] = [];
  // The first round also finds out how pods may be isolated here; it is not counted.
  for (let number = 0; number <= rounds; number += 1) {
    process.stderr.write(`round ${number} of ${rounds}\n`);
    const found = await round(client, watch);
    if (number > 0) times.push(found);
    await eventually(async () => {
      if ((await hello.pods()).some(({ phase }) => phase !== 'Succeeded')) throw new Error('a pilot is left');
    }, 60_000);
  }
  watch.stop();
  for (const [label, share] of [
    ['p50', 0.5],
    ['p99', 0.99],
  ] as const) {
    const of = (pick: (each: Times) => number): number => percentile(times.map(pick), share);
    const base = { unit: 'ms', better: 'lower', conditions, baseline: null, aim: null } as const;
    const kubernetes = of(({ object, running }) => running - object);
    report({
      ...base,
      name: `submit to pod object ${label}`,
      figure: of(({ object }) => object),
      aim: share === 0.5 ? 300 : null,
    });
    report({ ...base, name: `Kubernetes' own share, pod object to running ${label}`, figure: kubernetes });
    report({
      ...base,
      name: `submit to pilot registered ${label}`,
      figure: of(({ registered }) => registered),
      baseline: kubernetes,
    });
    report({
      ...base,
      name: `submit to first instruction ${label}`,
      figure: of(({ instruction }) => instruction),
      baseline: kubernetes,
    });
  }
  await client.close();
} finally {
  await cluster.stop();
}
process.exit();
