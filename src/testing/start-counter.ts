import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Counts what payloads report of themselves, from outside of everything that is being tested. */
export class StartCounter {
  readonly #server: Server;
  readonly #starts: string[] = [];

  private constructor(server: Server) {
    this.#server = server;
    server.on('request', (request, response) => {
      this.#starts.push((request.url ?? '').slice(1));
      response.end();
    });
  }

  static async listen(): Promise<StartCounter> {
    const server = createServer();
    const counter = new StartCounter(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return counter;
  }

  /** What a payload's shell runs as its first act; NAME is what it calls itself. */
  report(name: string): string {
    const { port } = this.#server.address() as AddressInfo;
    return `wget -q -O /dev/null http://127.0.0.1:${port}/${name}`;
  }

  get starts(): readonly string[] {
    return this.#starts;
  }

  close(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }
}
