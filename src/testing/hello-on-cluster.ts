import { resolve } from 'node:path';
import { type JobView, jobsAnswer } from '#wire/jobs.ts';
import type { TestCluster } from './cluster.ts';
import { eventually } from './eventually.ts';
import { installCharts } from './install-charts.ts';

const root = resolve(import.meta.dirname, '../..');

/** A cluster with the charts and with the examples in a namespace, as docs/install.md says it. */
export class HelloOnCluster {
  readonly cluster: TestCluster;
  readonly namespace: string;
  readonly #pool: string;

  private constructor(cluster: TestCluster, namespace: string, pool: string) {
    this.cluster = cluster;
    this.namespace = namespace;
    this.#pool = pool;
  }

  /** What somebody else has installed. */
  static of(cluster: TestCluster, namespace = 'hello', pool = 'hello'): HelloOnCluster {
    return new HelloOnCluster(cluster, namespace, pool);
  }

  /** The charts installed and the examples applied in a namespace, as docs/install.md says it. */
  static async install(cluster: TestCluster, image: string): Promise<HelloOnCluster> {
    await installCharts(cluster, image);
    await cluster.kubectl(['create', 'namespace', 'hello']);
    const hello = HelloOnCluster.of(cluster);
    await hello.kubectl(['apply', '-f', resolve(root, 'examples/hello')]);
    await hello.poolIsReady();
    return hello;
  }

  poolIsReady(): Promise<void> {
    return eventually(async () => {
      const [ready] = await this.conditions(`gpool/${this.#pool}`, 'Ready');
      if (ready?.status !== 'True') throw new Error(`the pool is not ready: ${JSON.stringify(ready)}`);
    }, 120_000);
  }

  /** Changes values of the installed chart. */
  async upgrade(args: readonly string[]): Promise<void> {
    const chart = resolve(root, 'charts/glidein');
    const flags = ['--namespace', 'glidein-system', '--reuse-values', '--wait', '--timeout', '120s'];
    await this.cluster.helm(['upgrade', 'glidein', chart, ...flags, ...args]);
  }

  kubectl(args: readonly string[], input?: string): Promise<string> {
    return this.cluster.kubectl(['--namespace', this.namespace, ...args], input);
  }

  async conditions(object: string, type: string) {
    const found = await this.cluster.json<{
      status?: { conditions?: { type: string; status: string; reason: string; message: string }[] };
    }>(['--namespace', this.namespace, 'get', object]);
    return (found.status?.conditions ?? []).filter((condition) => condition.type === type);
  }

  async pods(): Promise<{ name: string; uid: string; phase: string }[]> {
    const { items } = await this.cluster.json<{
      items: { metadata: { name: string; uid: string }; status: { phase: string } }[];
    }>(['--namespace', this.namespace, 'get', 'pods', '-l', 'app.kubernetes.io/component=pilot']);
    return items.map(({ metadata, status }) => ({
      name: metadata.name,
      uid: metadata.uid,
      phase: status.phase,
    }));
  }

  glidein(args: readonly string[], options: { input?: string; cwd?: string } = {}) {
    return this.cluster.glidein(['--pool', `${this.namespace}/${this.#pool}`, ...args], options);
  }

  /** @returns the cluster number */
  async submit(text: string, cwd?: string): Promise<number> {
    const { code, out, err } = await this.glidein(['submit', '-'], {
      input: text,
      ...(cwd === undefined ? {} : { cwd }),
    });
    const cluster = /cluster (\d+)/.exec(out)?.[1];
    if (code !== 0 || cluster === undefined) throw new Error(`submit failed: ${err}`);
    return Number(cluster);
  }

  async jobs(cluster: number): Promise<readonly JobView[]> {
    const { out, err } = await this.glidein(['history', String(cluster), '-o', 'json']);
    if (out === '') throw new Error(`history failed: ${err}`);
    return jobsAnswer.shape.jobs.parse(JSON.parse(out));
  }

  /** Waits until all jobs of a cluster have completed. */
  completed(cluster: number, count: number, milliseconds = 180_000): Promise<readonly JobView[]> {
    return eventually(async () => {
      const jobs = await this.jobs(cluster);
      const done = jobs.filter(({ ad }) => ad.JobStatus === '4').length;
      if (done !== count)
        throw new Error(
          `${done} of ${count} are done: ${JSON.stringify(jobs.find(({ ad }) => ad.JobStatus !== '4')?.ad)}`,
        );
      return jobs;
    }, milliseconds);
  }
}
