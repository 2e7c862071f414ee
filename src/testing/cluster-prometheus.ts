import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parseAllDocuments, stringify } from 'yaml';
import type { TestCluster } from './cluster.ts';
import { eventually } from './eventually.ts';
import { ForwardedPort } from './forwarded-port.ts';
import { PrometheusApi } from './prometheus-api.ts';
import { type ScrapeConfig, scrapeConfigs, secretsFolder, secretsOf } from './scrape-config.ts';

const chart = resolve(import.meta.dirname, '../../charts/glidein');
const namespace = 'glidein-system';
const name = 'prometheus';
const port = 9090;
const discoveryFile = 'kube-discovery.ts';
const discoveryPort = 9091;

/** Seconds between two looks at each target. */
export const scrapeSeconds = 2;

/**
 * Debian's Prometheus as a pod of a test cluster, whose pods only other pods reach. It scrapes what the chart's monitors select, the
 * way they say, only more often.
 */
export class ClusterPrometheus {
  readonly api: PrometheusApi;
  readonly #forwarded: ForwardedPort;

  private constructor(forwarded: ForwardedPort) {
    this.#forwarded = forwarded;
    this.api = new PrometheusApi(`http://${forwarded.address}`);
  }

  /**
   * @param image an image of the cluster that has a C library
   * @param program the path of prometheus on this machine, which is the node
   * @param rules the text of a file of rules
   */
  static async start(
    cluster: TestCluster,
    image: string,
    program: string,
    rules: string,
  ): Promise<ClusterPrometheus> {
    const monitors = await renderedMonitors(cluster);
    const interval = `${scrapeSeconds}s`;
    const config = {
      global: { scrape_interval: interval, scrape_timeout: interval, evaluation_interval: interval },
      rule_files: ['rules.yaml'],
      scrape_configs: scrapeConfigs(monitors).map(withDiscovery),
    };
    const discovery = await readFile(resolve(import.meta.dirname, discoveryFile), 'utf8');
    const metadata = { name, namespace };
    await cluster.apply(
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
      ...rights,
      {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata,
        data: { 'prometheus.yml': stringify(config), 'rules.yaml': rules, [discoveryFile]: discovery },
      },
      { apiVersion: 'v1', kind: 'Pod', metadata, spec: podSpec(image, program, secretsOf(monitors)) },
    );
    const at = ['--namespace', namespace];
    await cluster.kubectl([...at, 'wait', '--for=condition=Ready', `pod/${name}`, '--timeout=60s']);
    const forwarded = await ForwardedPort.open(cluster, { namespace, name, port });
    return new ClusterPrometheus(forwarded);
  }

  /** Waits until each job has a target and every target answers. */
  async scrapes(jobs: readonly string[]): Promise<void> {
    await eventually(async () => {
      const up = await this.api.query('up');
      const all = new Set(up.map(({ metric }) => metric.job));
      const down = up.filter(({ value: [, value] }) => value !== '1').map(({ metric }) => metric.job);
      const missing = [...jobs.filter((job) => !all.has(job)), ...down];
      if (missing.length > 0)
        throw new Error(`not scraped yet: ${missing.join(', ')}; ${await this.api.targetErrors()}`);
    }, 60_000);
  }

  stop(): Promise<void> {
    return this.#forwarded.close();
  }
}

/** Debian's Prometheus is built without the discovery of Kubernetes, so it asks the container beside it. */
function withDiscovery({ kubernetes_sd_configs: [found], ...config }: ScrapeConfig) {
  const { role, namespaces: { names = [''] } = {} } = found;
  const url = (namespace: string) => `http://127.0.0.1:${discoveryPort}/${role}/${namespace}`;
  return {
    ...config,
    scrape_interval: `${scrapeSeconds}s`,
    http_sd_configs: names.map((name) => ({ url: url(name), refresh_interval: `${scrapeSeconds}s` })),
  };
}

/** What `helm template` makes with every monitor turned on. */
export async function renderedMonitors(cluster: Pick<TestCluster, 'helm'>): Promise<unknown[]> {
  const values = resolve(chart, 'ci/monitored-values.yaml');
  const text = await cluster.helm([
    'template',
    'glidein',
    chart,
    '--namespace',
    namespace,
    '--values',
    values,
  ]);
  return parseAllDocuments(text).flatMap((document) => document.toJS() ?? []);
}

/** What Prometheus needs to find targets. */
const rights = [
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name },
    rules: [
      { apiGroups: [''], resources: ['pods', 'services'], verbs: ['get', 'list', 'watch'] },
      { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['get', 'list', 'watch'] },
    ],
  },
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
    subjects: [{ kind: 'ServiceAccount', name, namespace }],
  },
];

function podSpec(image: string, program: string, secrets: readonly string[]) {
  const secretVolume = (secret: string, index: number) => ({
    volume: { name: `secret-${index}`, secret: { secretName: secret } },
    mount: { name: `secret-${index}`, mountPath: `${secretsFolder}/${secret}`, readOnly: true },
  });
  const mounted = secrets.map(secretVolume);
  return {
    terminationGracePeriodSeconds: 1,
    serviceAccountName: name,
    securityContext: { runAsUser: 0 },
    containers: [
      {
        name,
        image,
        imagePullPolicy: 'Never',
        command: ['/program', '--config.file=/config/prometheus.yml', '--storage.tsdb.path=/data'],
        readinessProbe: { httpGet: { path: '/-/ready', port }, periodSeconds: 1 },
        volumeMounts: [
          { name: 'program', mountPath: '/program', readOnly: true },
          { name: 'config', mountPath: '/config' },
          { name: 'data', mountPath: '/data' },
          ...mounted.map(({ mount }) => mount),
        ],
      },
      {
        name: 'discovery',
        image,
        imagePullPolicy: 'Never',
        command: ['node', `/config/${discoveryFile}`, String(discoveryPort)],
        env: [{ name: 'NODE_EXTRA_CA_CERTS', value: '/var/run/secrets/kubernetes.io/serviceaccount/ca.crt' }],
        volumeMounts: [{ name: 'config', mountPath: '/config' }],
      },
    ],
    volumes: [
      { name: 'program', hostPath: { path: program, type: 'File' } },
      { name: 'config', configMap: { name } },
      { name: 'data', emptyDir: {} },
      ...mounted.map(({ volume }) => volume),
    ],
  };
}
