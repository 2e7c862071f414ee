import { resolve } from 'node:path';
import type { TestCluster } from './cluster.ts';

const root = resolve(import.meta.dirname, '../..');

/** Installs both charts with the image that the cluster has, as docs/install.md says it; the CRDs go with the release. */
export async function installCharts(
  cluster: TestCluster,
  image: string,
  values: readonly string[] = [],
): Promise<void> {
  const [repository = '', tag = ''] = image.split(':');
  const crds = resolve(root, 'charts/glidein-crds');
  await cluster.helm(['install', 'glidein-crds', crds, '--set', 'keep=false']);
  const all = [`image.repository=${repository}`, `image.tag=${tag}`, 'image.pullPolicy=Never', ...values];
  const set = all.flatMap((value) => ['--set', value]);
  const place = ['--namespace', 'glidein-system', '--create-namespace', '--wait', '--timeout', '120s'];
  await cluster.helm(['install', 'glidein', resolve(root, 'charts/glidein'), ...place, ...set]);
}
