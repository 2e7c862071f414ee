import { systemClock } from '#base/clock.ts';
import { type PoolResource, pools } from '#groups/cluster/resources.ts';
import { runOperator } from '#groups/operator.ts';
import type { ObjectKey } from '#kube/object.ts';
import { type Pod, pods } from '#kube/resource.ts';
import { createMetrics } from '#telemetry/metrics.ts';
import { chartFolders, helm, kubectlFile } from '../../hack/charts.mjs';
import { eventually } from './eventually.ts';
import { type KubeWorld, startKubeWorld } from './kube-world.ts';

/** The account that the chart makes. */
const account = { namespace: 'glidein-system', name: 'glidein-operator' };

/**
 * A real API server with Kubernetes' own controllers and both charts installed by Helm; a whole operator in this process,
 * which acts as the chart's service account: it can do what the chart's roles let it do, and nothing else.
 */
export class OperatorWorld {
  readonly kube: KubeWorld;
  readonly account = account;
  #ending = new AbortController();
  #running: Promise<void> = Promise.resolve();

  private constructor(kube: KubeWorld) {
    this.kube = kube;
  }

  static async start(): Promise<OperatorWorld> {
    const kube = await startKubeWorld({ controllers: true });
    const world = new OperatorWorld(kube);
    await world.helm(['install', 'glidein-crds', chartFolders.crds, '--set', 'keep=false']);
    await world.helm(['install', 'glidein', chartFolders.glidein, ...inNamespace, '--create-namespace']);
    return world;
  }

  /** @throws with Helm's words when it fails */
  async helm(args: readonly string[]): Promise<string> {
    const { ok, output } = await helm(args, { ...process.env, KUBECONFIG: this.kube.plane.kubeconfig });
    if (!ok) throw new Error(`helm ${args.join(' ')}: ${output}`);
    return output;
  }

  /** The program, and the environment in which it finds this API server. */
  async kubectl(): Promise<{ readonly kubectl: string; readonly env: NodeJS.ProcessEnv }> {
    const env = { ...process.env, KUBECONFIG: this.kube.plane.kubeconfig };
    return { kubectl: await kubectlFile(), env };
  }

  /** Starts the operator; its failure is thrown by `endOperator`. */
  async startOperator(): Promise<void> {
    const { plane, direct, logger } = this.kube;
    const { token } = await direct.createToken(account, { audiences: [], expirationSeconds: 3600 });
    this.#ending = new AbortController();
    this.#running = runOperator(
      {
        config: { server: plane.url, ca: plane.ca, token: async () => token, namespace: account.namespace },
        settings: { site: 'here', image: 'example.org/glidein:test', account },
        clock: systemClock,
        random: Math.random,
        logger,
        registry: createMetrics(),
        metrics: 'Token',
        metricsSecret: { namespace: account.namespace, name: 'glidein-metrics' },
        leaseNamespace: account.namespace,
        podName: 'test',
      },
      this.#ending.signal,
    );
    // It is looked at when the operator ends; until then it is nobody's.
    this.#running.catch(() => {});
  }

  async endOperator(): Promise<void> {
    this.#ending.abort();
    await this.#running;
  }

  async namespace(name: string): Promise<void> {
    const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
    await this.kube.direct.raw({ method: 'POST', path: '/api/v1/namespaces', body });
  }

  async pool(key: ObjectKey, spec: object): Promise<PoolResource> {
    return this.kube.direct.create(pools, { metadata: { ...key }, spec: spec as PoolResource['spec'] });
  }

  /** What the condition says, once it says `reason`. */
  says(key: ObjectKey, type: string, reason: string): Promise<{ status: string; message: string }> {
    return eventually(async () => {
      const { status } = await this.kube.direct.get(pools, key);
      const found = status?.conditions?.find((condition) => condition.type === type);
      if (found?.reason === reason) return found;
      throw new Error(`${type} of ${key.name} is ${JSON.stringify(found)}, not ${reason}`);
    });
  }

  /** Gives the pod a node, as the scheduler would. */
  async schedule(key: ObjectKey): Promise<void> {
    const path = `/api/v1/namespaces/${key.namespace}/pods/${key.name}/binding`;
    const target = { apiVersion: 'v1', kind: 'Node', name: 'somewhere' };
    const body = { apiVersion: 'v1', kind: 'Binding', metadata: { name: key.name }, target };
    await this.kube.direct.raw({ method: 'POST', path, body });
  }

  /** Writes a pod's status, as its kubelet would. */
  async kubelet(key: ObjectKey, status: object): Promise<void> {
    await this.kube.direct.mergePatchStatus<Pod>(pods, key, { status } as object);
  }

  async stop(): Promise<void> {
    await this.endOperator();
    await this.kube.stop();
  }
}

const inNamespace = ['--namespace', account.namespace];
