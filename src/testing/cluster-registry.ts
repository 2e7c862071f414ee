import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { TestCluster } from './cluster.ts';
import { deleteImage, pushImage, registryConfig } from './push-image.ts';

const namespace = 'default';
const name = 'registry';
const labels = { app: name };
const port = 5000;

/** Debian's docker-registry as a pod of a test cluster, and a forwarded port to push through. */
export class ClusterRegistry {
  /** How pods name it. */
  readonly host = `${name}.${namespace}.svc:${port}`;
  /** The same for those who cannot ask for names. */
  readonly address: string;
  readonly #forwarding: ChildProcess;
  readonly #forwarded: string;

  private constructor(address: string, forwarding: ChildProcess, forwarded: string) {
    this.address = address;
    this.#forwarding = forwarding;
    this.#forwarded = forwarded;
  }

  /**
   * @param image an image of the cluster that has a C library
   * @param program the path of docker-registry on this machine, which is the node
   */
  static async start(cluster: TestCluster, image: string, program: string): Promise<ClusterRegistry> {
    const metadata = { name, namespace };
    await cluster.apply(
      {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata,
        data: { 'config.yml': registryConfig('/data', `:${port}`) },
      },
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata,
        spec: { selector: labels, ports: [{ port, targetPort: port }] },
      },
      { apiVersion: 'v1', kind: 'Pod', metadata: { ...metadata, labels }, spec: podSpec(image, program) },
    );
    await cluster.kubectl(['wait', '--for=condition=Ready', `pod/${name}`, '--timeout=60s']);
    const forwarding = spawn('kubectl', ['port-forward', `pod/${name}`, `:${port}`], {
      env: cluster.env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(createInterface(forwarding.stdout), 'line')) as [string];
    const forwarded = /127\.0\.0\.1:\d+/.exec(line)?.[0];
    if (forwarded === undefined) throw new Error(`kubectl port-forward says ${line}`);
    const { spec } = await cluster.json<{ spec: { clusterIP: string } }>(['get', `service/${name}`]);
    return new ClusterRegistry(`${spec.clusterIP}:${port}`, forwarding, forwarded);
  }

  push(layout: string, image: string): Promise<void> {
    return pushImage(layout, this.#forwarded, image);
  }

  delete(repository: string, digest: string): Promise<void> {
    return deleteImage(this.#forwarded, repository, digest);
  }

  async stop(): Promise<void> {
    if (this.#forwarding.exitCode !== null || this.#forwarding.signalCode !== null) return;
    const ended = once(this.#forwarding, 'exit');
    this.#forwarding.kill('SIGKILL');
    await ended;
  }
}

const podSpec = (image: string, program: string) => ({
  terminationGracePeriodSeconds: 1,
  securityContext: { runAsUser: 0 },
  containers: [
    {
      name,
      image,
      imagePullPolicy: 'Never',
      command: ['/registry', 'serve', '/config/config.yml'],
      readinessProbe: { httpGet: { path: '/v2/', port }, periodSeconds: 1 },
      volumeMounts: [
        { name: 'program', mountPath: '/registry', readOnly: true },
        { name: 'config', mountPath: '/config' },
        { name: 'data', mountPath: '/data' },
      ],
    },
  ],
  volumes: [
    { name: 'program', hostPath: { path: program, type: 'File' } },
    { name: 'config', configMap: { name } },
    { name: 'data', emptyDir: {} },
  ],
});
