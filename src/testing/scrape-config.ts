import { z } from 'zod';

/**
 * Monitors of the Prometheus operator as scrape configurations of a plain Prometheus, the way that operator writes them, without
 * the labels that nobody here asks for. A field that is not translated is refused, so that none is passed over.
 */

const key = z.strictObject({ name: z.string(), key: z.string() });

const endpoint = z.strictObject({
  port: z.string(),
  path: z.string().optional(),
  scheme: z.enum(['http', 'https']).optional(),
  interval: z.string(),
  honorLabels: z.boolean().optional(),
  tlsConfig: z.strictObject({ insecureSkipVerify: z.boolean() }).optional(),
  authorization: z.strictObject({ type: z.literal('Bearer').optional(), credentials: key }).optional(),
});

const common = {
  selector: z.strictObject({ matchLabels: z.record(z.string(), z.string()) }),
  namespaceSelector: z
    .strictObject({ any: z.literal(true).optional(), matchNames: z.array(z.string()).optional() })
    .optional(),
};

const metadata = z.object({ name: z.string(), namespace: z.string() });

const monitor = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('ServiceMonitor'),
    metadata,
    spec: z.strictObject({ ...common, endpoints: z.array(endpoint).length(1) }),
  }),
  z.object({
    kind: z.literal('PodMonitor'),
    metadata,
    spec: z.strictObject({ ...common, podMetricsEndpoints: z.array(endpoint).length(1) }),
  }),
]);

type Monitor = z.infer<typeof monitor>;
type Endpoint = z.infer<typeof endpoint>;

/** One entry of `scrape_configs`. */
export interface ScrapeConfig extends Readonly<Record<string, unknown>> {
  readonly job_name: string;
  readonly kubernetes_sd_configs: readonly [
    { readonly role: string; readonly namespaces?: { readonly names: readonly string[] } },
  ];
}

/** Where Secrets of the release's namespace are mounted in the pod of Prometheus, a folder each. */
export const secretsFolder = '/etc/prometheus/secrets';

/** @param objects those of a rendered chart; others than monitors are passed over */
export function scrapeConfigs(objects: readonly unknown[]): ScrapeConfig[] {
  return objects.filter(isMonitor).map((each) => scrapeConfig(monitor.parse(each)));
}

/** The Secrets that {@link scrapeConfigs} reads. */
export function secretsOf(objects: readonly unknown[]): string[] {
  const names = objects
    .filter(isMonitor)
    .map((each) => endpointOf(monitor.parse(each)).authorization?.credentials.name);
  return [...new Set(names.filter((name) => name !== undefined))];
}

const isMonitor = (object: unknown): boolean =>
  ['ServiceMonitor', 'PodMonitor'].includes((object as { kind?: string }).kind ?? '');

const endpointOf = ({ kind, spec }: Monitor): Endpoint =>
  (kind === 'ServiceMonitor' ? spec.endpoints[0] : spec.podMetricsEndpoints[0]) as Endpoint;

function scrapeConfig(each: Monitor): ScrapeConfig {
  const { port, path, scheme, interval, honorLabels, tlsConfig, authorization } = endpointOf(each);
  return {
    job_name: each.metadata.name,
    scrape_interval: interval,
    ...(path === undefined ? {} : { metrics_path: path }),
    ...(scheme === undefined ? {} : { scheme }),
    ...(honorLabels === undefined ? {} : { honor_labels: honorLabels }),
    ...(tlsConfig === undefined
      ? {}
      : { tls_config: { insecure_skip_verify: tlsConfig.insecureSkipVerify } }),
    ...(authorization === undefined
      ? {}
      : { authorization: { credentials_file: mounted(authorization.credentials) } }),
    kubernetes_sd_configs: [discovery(each)],
    relabel_configs: [
      ...keepLabels(each),
      keep(
        each.kind === 'ServiceMonitor'
          ? '__meta_kubernetes_endpointslice_port_name'
          : '__meta_kubernetes_pod_container_port_name',
        port,
      ),
      { source_labels: ['__meta_kubernetes_namespace'], target_label: 'namespace' },
      { source_labels: ['__meta_kubernetes_pod_name'], target_label: 'pod' },
    ],
  };
}

const mounted = ({ name, key: file }: z.infer<typeof key>): string => `${secretsFolder}/${name}/${file}`;

function discovery({
  kind,
  metadata: { namespace },
  spec: { namespaceSelector },
}: Monitor): ScrapeConfig['kubernetes_sd_configs'][0] {
  const role = kind === 'ServiceMonitor' ? 'endpointslice' : 'pod';
  if (namespaceSelector?.any === true) return { role };
  return { role, namespaces: { names: namespaceSelector?.matchNames ?? [namespace] } };
}

const keep = (label: string, regex: string) => ({ action: 'keep', source_labels: [label], regex });

function keepLabels({ kind, spec }: Monitor) {
  const place = `__meta_kubernetes_${kind === 'ServiceMonitor' ? 'service' : 'pod'}_label_`;
  return Object.entries(spec.selector.matchLabels).map(([label, value]) =>
    keep(`${place}${label.replaceAll(/[^a-zA-Z0-9_]/g, '_')}`, value),
  );
}
