import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** When one execution was alive, as it said itself: milliseconds by the witness's clock. */
interface Run {
  readonly id: string;
  readonly from: number;
  until: number;
}

/** Somebody outside to whom executions report that they live, and who says whether two of one job ever lived at once. */
export class RunWitness {
  readonly #server: Server;
  readonly #jobs = new Map<string, Map<string, Run>>();

  private constructor() {
    this.#server = createServer((request, response) => {
      const [, job = '', id = ''] = (request.url ?? '').split('/');
      const now = performance.now();
      const runs = this.#jobs.get(job) ?? new Map<string, Run>();
      this.#jobs.set(job, runs);
      const run = runs.get(id);
      if (run === undefined) runs.set(id, { id, from: now, until: now });
      else run.until = now;
      response.end();
    });
  }

  static async listen(): Promise<RunWitness> {
    const witness = new RunWitness();
    await new Promise<void>((resolve) => witness.#server.listen(0, '127.0.0.1', resolve));
    return witness;
  }

  /** What the shell of a payload runs: it ignores SIGTERM and reports five times a second. */
  script(job: string, reports: number): string {
    const { port } = this.#server.address() as AddressInfo;
    const say = `wget -q -O /dev/null http://127.0.0.1:${port}/${job}/$id`;
    return `trap "" TERM; read id < /proc/sys/kernel/random/uuid; i=0; while [ $i -lt ${reports} ]; do ${say}; i=$((i+1)); sleep 0.2; done`;
  }

  /** Executions that began. */
  get runs(): number {
    return [...this.#jobs.values()].reduce((sum, runs) => sum + runs.size, 0);
  }

  /** Pairs of executions of one job of which the second began before the first was last seen alive. */
  get overlaps(): string[] {
    return [...this.#jobs].flatMap(([job, runs]) => {
      const inOrder = [...runs.values()].sort((a, b) => a.from - b.from);
      return inOrder.flatMap((run, index) =>
        inOrder
          .slice(index + 1)
          .filter((later) => later.from < run.until)
          .map(
            (later) =>
              `${job}: ${later.id} began ${Math.round(run.until - later.from)} ms before the end of ${run.id}`,
          ),
      );
    });
  }

  close(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }
}
