import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { TestCluster } from './cluster.ts';

const root = resolve(import.meta.dirname, '../..');

const patience = ['--wait', '--timeout', '240s'];

/** One of the sets of values in examples/values, for another namespace than `hello`. @returns a file below `directory` */
export async function exampleValues(name: string, namespace: string, directory: string): Promise<string> {
  const text = await readFile(join(root, 'examples/values', `${name}.yaml`), 'utf8');
  const file = join(directory, `${namespace}-values.yaml`);
  await writeFile(file, text.replaceAll(/\bhello\b/g, namespace).replace('cpu: 250m', 'cpu: 20m'));
  return file;
}

/** A release of the chart glidein on a test cluster, in a namespace of its own. */
export class Release {
  readonly #cluster: TestCluster;
  readonly name: string;
  readonly namespace: string;

  constructor(cluster: TestCluster, name: string, namespace: string) {
    this.#cluster = cluster;
    this.name = name;
    this.namespace = namespace;
  }

  /** Makes the namespace. @param level the Pod Security level that it enforces */
  async makeNamespace(level: 'restricted' | 'privileged'): Promise<void> {
    const labels = { 'pod-security.kubernetes.io/enforce': level };
    const metadata = { name: this.namespace, labels };
    await this.#cluster.apply({ apiVersion: 'v1', kind: 'Namespace', metadata });
  }

  /** @param chart the folder; that of this checkout if absent */
  async put(
    verb: 'install' | 'upgrade',
    image: string,
    args: readonly string[] = [],
    chart = join(root, 'charts/glidein'),
  ): Promise<void> {
    const [repository = '', tag = ''] = image.split(':');
    const values = [
      `image.repository=${repository}`,
      `image.tag=${tag}`,
      'image.digest=',
      'image.pullPolicy=Never',
      // Several operators are to fit beside each other on a small node.
      'resources.requests.cpu=20m',
    ];
    const set = values.flatMap((value) => ['--set', value]);
    const words = [...args, ...set, ...patience];
    await this.#cluster.helm([verb, this.name, chart, ...this.#here, ...words]);
  }

  async rollback(): Promise<void> {
    await this.#cluster.helm(['rollback', this.name, ...this.#here, ...patience]);
  }

  /** `helm test`, however it ends: whether it passed, and all that was said. */
  async test(): Promise<{ passed: boolean; said: string }> {
    const { code, out, err } = await this.#cluster.helmRun([
      'test',
      this.name,
      ...this.#here,
      '--timeout',
      '240s',
    ]);
    return { passed: code === 0, said: out + err };
  }

  async uninstall(): Promise<void> {
    await this.#cluster.helm(['uninstall', this.name, ...this.#here, ...patience]);
  }

  get #here(): readonly string[] {
    return ['--namespace', this.namespace];
  }
}
