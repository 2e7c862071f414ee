import type { TestCluster } from './cluster.ts';

const name = 'counter';

/** What the pod runs: it prints what is reported to it, and knows which gates are open. */
const script = `
  const { existsSync } = require('fs');
  require('http').createServer((asked, answer) => {
    const [, what, of] = asked.url.split('/');
    if (what === 'start') console.log('start ' + of);
    else if (!existsSync('/tmp/' + of)) answer.statusCode = 404;
    answer.end();
  }).listen(8080)`;

/** A pod to which payloads report their starts, and that tells them to go on: independent of everything that is tested. */
export class StartReports {
  readonly #cluster: TestCluster;
  readonly #url: string;

  private constructor(cluster: TestCluster, address: string) {
    this.#cluster = cluster;
    this.#url = `http://${address}:8080`;
  }

  static async start(cluster: TestCluster, image: string): Promise<StartReports> {
    const container = { name, image, imagePullPolicy: 'Never', command: ['node', '-e', script] };
    await cluster.apply({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace: 'default' },
      spec: { terminationGracePeriodSeconds: 1, containers: [container] },
    });
    await cluster.kubectl(['wait', '--for=condition=Ready', `pod/${name}`, '--timeout=60s']);
    const { status } = await cluster.json<{ status: { podIP: string } }>(['get', `pod/${name}`]);
    return new StartReports(cluster, status.podIP);
  }

  /** The command of a payload that reports its start. */
  report(payload: string): string {
    return `wget -q -O /dev/null ${this.#url}/start/${payload}`;
  }

  /** The command of a payload that waits until the gate is open. */
  waitFor(gate: string): string {
    return `until wget -q -O /dev/null ${this.#url}/gate/${gate}; do sleep 1; done`;
  }

  async open(gate: string): Promise<void> {
    await this.#cluster.kubectl(['exec', name, '--', 'touch', `/tmp/${gate}`]);
  }

  /** All starts in their order. */
  async starts(): Promise<string[]> {
    const lines = (await this.#cluster.kubectl(['logs', name])).trim().split('\n');
    return lines.map((line) => line.replace('start ', '')).filter((line) => line !== '');
  }
}
