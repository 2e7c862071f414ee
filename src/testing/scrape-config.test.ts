import { expect, test } from 'vitest';
import { scrapeConfigs, secretsOf } from './scrape-config.ts';

const endpoint = { port: 'https', scheme: 'https', interval: '30s' };
const credentials = { name: 'scraper', key: 'token' };

const podMonitor = (more: object) => ({
  kind: 'PodMonitor',
  metadata: { name: 'pools', namespace: 'system' },
  spec: {
    namespaceSelector: { matchNames: ['one', 'two'] },
    selector: { matchLabels: { 'glidein.dev/metrics': 'Open' } },
    podMetricsEndpoints: [{ ...endpoint, ...more }],
  },
});

test('a monitor becomes a scrape configuration with its namespaces, labels, port and token', () => {
  const objects = [{ kind: 'ConfigMap' }, podMonitor({ authorization: { credentials } })];
  expect(scrapeConfigs(objects)).toEqual([
    {
      job_name: 'pools',
      scrape_interval: '30s',
      scheme: 'https',
      authorization: { credentials_file: '/etc/prometheus/secrets/scraper/token' },
      kubernetes_sd_configs: [{ role: 'pod', namespaces: { names: ['one', 'two'] } }],
      relabel_configs: [
        { action: 'keep', source_labels: ['__meta_kubernetes_pod_label_glidein_dev_metrics'], regex: 'Open' },
        { action: 'keep', source_labels: ['__meta_kubernetes_pod_container_port_name'], regex: 'https' },
        { source_labels: ['__meta_kubernetes_namespace'], target_label: 'namespace' },
        { source_labels: ['__meta_kubernetes_pod_name'], target_label: 'pod' },
      ],
    },
  ]);
  expect(secretsOf(objects)).toEqual(['scraper']);
});

test('a field that is not translated is refused', () => {
  expect(() => scrapeConfigs([podMonitor({ proxyUrl: 'http://proxy' })])).toThrow(/proxyUrl/);
});
