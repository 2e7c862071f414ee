import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from '#telemetry/metrics.ts';

export interface HealthServerOptions {
  /** Default: every address. */
  readonly host?: string;
  /** 0: any free port. */
  readonly port: number;
  readonly registry: Registry;
  /** Why the process cannot work now; empty if it can. */
  readonly unready: () => readonly string[];
}

/**
 * Serves `/healthz` (whether the process answers, and nothing else, because a restart does not repair an API server),
 * `/readyz` with the reasons, and `/metrics` for Prometheus.
 */
export class HealthServer {
  readonly #options: HealthServerOptions;
  readonly #server: Server;

  constructor(options: HealthServerOptions) {
    this.#options = options;
    this.#server = createServer((request, answer) => {
      this.#answer(request.url ?? '/', answer).catch(() => answer.destroy());
    });
  }

  /** @returns the port. Rejects if it is in use. */
  listen(): Promise<number> {
    const { port, host = '::' } = this.#options;
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, host, () => {
        this.#server.off('error', reject);
        resolve((this.#server.address() as AddressInfo).port);
      });
    });
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  async #answer(path: string, answer: ServerResponse): Promise<void> {
    const { registry, unready } = this.#options;
    switch (path.split('?')[0]) {
      case '/healthz':
        return send(answer, 200, 'ok');
      case '/readyz': {
        const reasons = unready();
        return reasons.length === 0 ? send(answer, 200, 'ok') : send(answer, 503, reasons.join('\n'));
      }
      case '/metrics':
        return send(answer, 200, await registry.metrics(), registry.contentType);
      default:
        return send(answer, 404, 'there is only /healthz, /readyz and /metrics');
    }
  }
}

function send(
  answer: ServerResponse,
  status: number,
  text: string,
  type = 'text/plain; charset=utf-8',
): void {
  answer.writeHead(status, { 'content-type': type });
  answer.end(text.endsWith('\n') ? text : `${text}\n`);
}
