import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { PilotProcess, testRuntime } from '#testing/pilot-process.ts';
import { PoolPeer } from '#testing/pool-peer.ts';

const bundle = resolve(import.meta.dirname, '../../../dist/pilot.js');

export interface MeasuredPilotOptions {
  readonly image: string;
  readonly isWarm: boolean;
  /** Shared by pilots that find what an earlier one has found out about the node. */
  readonly cacheDirectory?: string;
}

/** The pilot that is installed, and a pool that only hands out jobs. */
export class MeasuredPilot {
  readonly #pool: PoolPeer;
  readonly #pilot: PilotProcess;
  readonly #image: string;
  readonly #ends = new Map<string, (outcome: unknown) => void>();
  /** Milliseconds from the start of the process to its registration. */
  readonly registeredAfter: number;

  private constructor(pool: PoolPeer, pilot: PilotProcess, image: string, registeredAfter: number) {
    this.#pool = pool;
    this.#pilot = pilot;
    this.#image = image;
    this.registeredAfter = registeredAfter;
    pool.onMessage = (message) => {
      if (message.type === 'finished') this.#ends.get(message.claim.id)?.(message.outcome);
    };
  }

  static async start({ image, isWarm, cacheDirectory }: MeasuredPilotOptions): Promise<MeasuredPilot> {
    const pool = await PoolPeer.listen();
    const begun = performance.now();
    const pilot = await PilotProcess.start({
      url: pool.url,
      entry: bundle,
      ...(cacheDirectory === undefined ? {} : { cacheDirectory }),
      spec: {
        cpus: 32,
        memory: '8Gi',
        disk: '8Gi',
        runtime: { images: { path: [testRuntime.images] }, ...(isWarm ? { warm: {} } : {}) },
      },
    });
    await pool.hello();
    return new MeasuredPilot(pool, pilot, image, performance.now() - begun);
  }

  /** MiB that the process has resident. */
  async resident(): Promise<number> {
    const status = await readFile(`/proc/${this.#pilot.child.pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) / 1024;
  }

  /** Runs an empty job. @returns milliseconds from its start message to the message that it has ended */
  async run(): Promise<number> {
    const start = this.#pool.startOf({
      ad: { Cmd: '"/bin/true"', TransferExecutable: 'false', ContainerImage: `"${this.#image}"` },
      resources: { memory: 64, disk: 10_240 },
    });
    const { id } = start.claim;
    const begun = performance.now();
    this.#pool.send(start);
    const outcome = await new Promise((ended) => this.#ends.set(id, ended));
    this.#ends.delete(id);
    this.#pool.send({ type: 'recorded', claim: start.claim });
    if (JSON.stringify(outcome) !== '{"kind":"exited","exitCode":0}')
      throw new Error(`the job ended otherwise: ${JSON.stringify(outcome)}\n${this.#pilot.log}`);
    return performance.now() - begun;
  }

  get log(): string {
    return this.#pilot.log;
  }

  async stop(): Promise<void> {
    await this.#pilot.destroy();
    await this.#pool.close();
  }
}
