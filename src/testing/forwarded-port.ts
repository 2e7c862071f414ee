import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { TestCluster } from './cluster.ts';

/** A port of a pod that `kubectl port-forward` makes reachable on this machine's loopback. */
export class ForwardedPort {
  /** `127.0.0.1:PORT` */
  readonly address: string;
  readonly #forwarding: ChildProcess;

  private constructor(address: string, forwarding: ChildProcess) {
    this.address = address;
    this.#forwarding = forwarding;
  }

  static async open(
    cluster: TestCluster,
    pod: { readonly namespace: string; readonly name: string; readonly port: number },
  ): Promise<ForwardedPort> {
    const args = ['--namespace', pod.namespace, 'port-forward', `pod/${pod.name}`, `:${pod.port}`];
    const forwarding = spawn('kubectl', args, { env: cluster.env, stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = (await once(createInterface(forwarding.stdout), 'line')) as [string];
    const address = /127\.0\.0\.1:\d+/.exec(line)?.[0];
    if (address === undefined) throw new Error(`kubectl port-forward says ${line}`);
    return new ForwardedPort(address, forwarding);
  }

  async close(): Promise<void> {
    if (this.#forwarding.exitCode !== null || this.#forwarding.signalCode !== null) return;
    const ended = once(this.#forwarding, 'exit');
    this.#forwarding.kill('SIGKILL');
    await ended;
  }
}
