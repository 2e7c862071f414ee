import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';

/**
 * What the Kubernetes discovery of a Prometheus does, for Debian's, which is built without: the targets of the roles `pod` and
 * `endpointslice`, with the labels that relabelling reads. It runs in the pod of that Prometheus, as one file that imports nothing else.
 */

type Labels = Readonly<Record<string, string>>;

interface Named {
  readonly metadata: { readonly name: string; readonly namespace: string; readonly labels?: Labels };
}

interface Pod extends Named {
  readonly spec: {
    readonly containers: readonly {
      readonly name: string;
      readonly ports?: readonly { readonly name?: string; readonly containerPort: number }[];
    }[];
  };
  readonly status: { readonly phase: string; readonly podIP?: string };
}

interface EndpointSlice extends Named {
  readonly ports: readonly { readonly name: string; readonly port: number }[] | null;
  readonly endpoints:
    | readonly { readonly addresses: readonly string[]; readonly targetRef?: { readonly name: string } }[]
    | null;
}

/** An entry of what `http_sd_configs` reads. */
export interface Targets {
  readonly targets: readonly string[];
  readonly labels: Labels;
}

/** Every port of every pod that has an address. */
export const podTargets = (pods: readonly Pod[]): Targets[] =>
  pods.flatMap(({ metadata, spec, status }) =>
    status.podIP === undefined
      ? []
      : spec.containers.flatMap(({ ports = [] }) =>
          ports.map(({ name = '', containerPort }) => ({
            targets: [`${status.podIP}:${containerPort}`],
            labels: {
              __meta_kubernetes_namespace: metadata.namespace,
              __meta_kubernetes_pod_name: metadata.name,
              __meta_kubernetes_pod_phase: status.phase,
              __meta_kubernetes_pod_container_port_name: name,
              ...labelsOf('pod', metadata),
            },
          })),
        ),
  );

/** Every port of every address behind a Service. */
export function sliceTargets(slices: readonly EndpointSlice[], services: readonly Named[]): Targets[] {
  return slices.flatMap(({ metadata, ports, endpoints }) => {
    const name = metadata.labels?.['kubernetes.io/service-name'];
    const service = services.find(
      (each) => each.metadata.namespace === metadata.namespace && each.metadata.name === name,
    );
    return (ports ?? []).flatMap((port) =>
      (endpoints ?? []).map(({ addresses, targetRef }) => ({
        targets: addresses.map((address) => `${address}:${port.port}`),
        labels: {
          __meta_kubernetes_namespace: metadata.namespace,
          __meta_kubernetes_pod_name: targetRef?.name ?? '',
          __meta_kubernetes_endpointslice_port_name: port.name,
          ...(service === undefined ? {} : labelsOf('service', service.metadata)),
        },
      })),
    );
  });
}

const labelsOf = (kind: string, { labels = {} }: Named['metadata']): Labels =>
  Object.fromEntries(
    Object.entries(labels).map(([label, value]) => [
      `__meta_kubernetes_${kind}_label_${label.replaceAll(/[^a-zA-Z0-9_]/g, '_')}`,
      value,
    ]),
  );

const tokenFile = '/var/run/secrets/kubernetes.io/serviceaccount/token';

async function list<T>(path: string): Promise<T[]> {
  const authorization = `Bearer ${await readFile(tokenFile, 'utf8')}`;
  const answer = await fetch(`https://kubernetes.default.svc${path}`, { headers: { authorization } });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return ((await answer.json()) as { items: T[] }).items;
}

/** @param namespace all of them if empty */
async function targets(role: string, namespace: string): Promise<Targets[]> {
  const place = namespace === '' ? '' : `/namespaces/${namespace}`;
  if (role === 'pod') return podTargets(await list<Pod>(`/api/v1${place}/pods`));
  const [slices, services] = await Promise.all([
    list<EndpointSlice>(`/apis/discovery.k8s.io/v1${place}/endpointslices`),
    list<Named>(`/api/v1${place}/services`),
  ]);
  return sliceTargets(slices, services);
}

/** Serves `/ROLE/NAMESPACE` on loopback. */
function serve(port: number): void {
  createServer(({ url = '' }, answer) => {
    const [, role = '', namespace = ''] = url.split('/');
    targets(role, namespace).then(
      (found) => answer.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(found)),
      (error: unknown) => answer.writeHead(500).end(String(error)),
    );
  }).listen(port, '127.0.0.1');
}

if (import.meta.main) serve(Number(process.argv[2]));
