import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { metricsText, type Registry } from '#telemetry/metrics.ts';

export interface HealthServerOptions {
  /** Default: every address. */
  readonly host?: string;
  /** 0: any free port. */
  readonly port: number;
  readonly registry: Registry;
  /** Whether whoever sends this `Authorization` header may read metrics. Default: everybody may. */
  readonly mayReadMetrics?: ((authorization: string | undefined) => Promise<boolean>) | undefined;
  /** Why the process cannot work now; empty if it can. */
  readonly unready: () => readonly string[];
}

/**
 * Serves `/healthz` (whether the process answers, and nothing else, because a restart does not repair an API server),
 * `/readyz` with the reasons, and `/metrics` for Prometheus and whoever else may read them.
 */
export class HealthServer {
  readonly #options: HealthServerOptions;
  readonly #server: Server;

  constructor(options: HealthServerOptions) {
    this.#options = options;
    this.#server = createServer((request, answer) => {
      this.#answer(request, answer).catch(() => answer.destroy());
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

  async #answer({ url = '/', headers }: IncomingMessage, answer: ServerResponse): Promise<void> {
    const { registry, unready, mayReadMetrics = everybody } = this.#options;
    switch (url.split('?')[0]) {
      case '/healthz':
        return send(answer, 200, 'ok');
      case '/readyz': {
        const reasons = unready();
        return reasons.length === 0 ? send(answer, 200, 'ok') : send(answer, 503, reasons.join('\n'));
      }
      case '/metrics':
        if (!(await mayReadMetrics(headers.authorization))) return send(answer, 401, noToken);
        return send(answer, 200, await metricsText(registry), registry.contentType);
      default:
        return send(answer, 404, 'there is only /healthz, /readyz and /metrics');
    }
  }
}

const everybody = async () => true;

const noToken =
  'metrics need the token of the Secret that --metrics-secret names: send "Authorization: Bearer TOKEN", or start the operator with --metrics Open';

function send(
  answer: ServerResponse,
  status: number,
  text: string,
  type = 'text/plain; charset=utf-8',
): void {
  answer.writeHead(status, { 'content-type': type });
  answer.end(text.endsWith('\n') ? text : `${text}\n`);
}
