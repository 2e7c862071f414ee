import type { TestCluster } from './cluster.ts';
import { type ReceivedSpan, spansIn } from './otlp-receiver.ts';

const name = 'otlp';
const namespace = 'default';
const port = 4318;

/** A collector of spans in a cluster. */
export interface ClusterCollector {
  /** How pods name it. */
  readonly endpoint: string;
  /** Everything that it was sent. */
  readonly spans: () => Promise<readonly ReceivedSpan[]>;
}

/**
 * @param image an image that the cluster has
 * @param program the path of the receiver on this machine, which is the node
 */
export async function startCollector(
  cluster: TestCluster,
  image: string,
  program: string,
): Promise<ClusterCollector> {
  const metadata = { name, namespace, labels: { app: name } };
  const container = {
    name,
    image,
    imagePullPolicy: 'Never',
    command: ['/receiver', `:${port}`],
    volumeMounts: [{ name: 'program', mountPath: '/receiver', readOnly: true }],
  };
  await cluster.apply(
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata,
      spec: { selector: metadata.labels, ports: [{ port, targetPort: port }] },
    },
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata,
      spec: {
        terminationGracePeriodSeconds: 1,
        containers: [container],
        volumes: [{ name: 'program', hostPath: { path: program, type: 'File' } }],
      },
    },
  );
  return {
    endpoint: `http://${name}.${namespace}.svc:${port}`,
    spans: async () => {
      const lines = (await cluster.kubectl(['logs', name, '--namespace', namespace])).split('\n');
      return lines.filter((line) => line.startsWith('{')).flatMap(spansIn);
    },
  };
}
