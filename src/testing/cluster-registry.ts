import type { TestCluster } from './cluster.ts';
import { ForwardedPort } from './forwarded-port.ts';
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
  readonly #forwarded: ForwardedPort;

  private constructor(address: string, forwarded: ForwardedPort) {
    this.address = address;
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
    const forwarded = await ForwardedPort.open(cluster, { namespace, name, port });
    const { spec } = await cluster.json<{ spec: { clusterIP: string } }>(['get', `service/${name}`]);
    return new ClusterRegistry(`${spec.clusterIP}:${port}`, forwarded);
  }

  push(layout: string, image: string): Promise<void> {
    return pushImage(layout, this.#forwarded.address, image);
  }

  delete(repository: string, digest: string): Promise<void> {
    return deleteImage(this.#forwarded.address, repository, digest);
  }

  stop(): Promise<void> {
    return this.#forwarded.close();
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
