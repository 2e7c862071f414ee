import dns from 'node:dns';
import { once } from 'node:events';
import { request as forward, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import { createSecureContext, type SecureContext } from 'node:tls';
import type { KubeClient } from '#kube/client.ts';
import { secrets } from '#kube/resource.ts';
import type { TestPool } from './test-pool.ts';

/**
 * One pool in this process that answers at the address of every GlideinPool of a control plane without nodes, with the
 * certificate that the operator made for it. Whoever asks is taken for an operator if they bring a token at all.
 */
export class PoolFront {
  readonly #pool: TestPool;
  readonly #server: Server;
  readonly #lookup = dns.lookup;

  private constructor(pool: TestPool, server: Server) {
    this.#pool = pool;
    this.#server = server;
  }

  /** @param host an address of this machine's loopback at which nothing else listens on the port of pools */
  static async start(pool: TestPool, kube: KubeClient, host: string): Promise<PoolFront> {
    const server = createServer({
      SNICallback: (name, done) => {
        contextOf(kube, name).then((context) => done(null, context), done);
      },
    });
    const front = new PoolFront(pool, server);
    server.on('request', (asked, answer) => void front.#answer(asked, answer));
    await once(server.listen(9618, host), 'listening');
    front.#resolve(host);
    return front;
  }

  async stop(): Promise<void> {
    Object.assign(dns, { lookup: this.#lookup });
    this.#server.closeAllConnections();
    await new Promise((closed) => this.#server.close(closed));
  }

  /** From now on names of Services lead to `host` in this process. */
  #resolve(host: string): void {
    const original = this.#lookup as (...words: unknown[]) => void;
    const lookup = (name: string, options: { all?: boolean }, found: (...words: unknown[]) => void) => {
      if (!name.endsWith('.svc')) original(name, options, found);
      else if (options.all === true) found(null, [{ address: host, family: 4 }]);
      else found(null, host, 4);
    };
    Object.assign(dns, { lookup });
  }

  async #answer(asked: IncomingMessage, answer: ServerResponse): Promise<void> {
    if (asked.headers.authorization === undefined) return void answer.writeHead(401).end();
    const token = await this.#pool.token('operator', 'operator');
    const { host: _, ...others } = asked.headers;
    const headers = { ...others, authorization: `Bearer ${token}` };
    const { method } = asked;
    const ask = forward(new URL(asked.url ?? '/', this.#pool.url), { method, headers } as object, (from) => {
      answer.writeHead(from.statusCode ?? 502, from.headers);
      from.pipe(answer);
    });
    ask.on('error', () => answer.destroy());
    answer.on('close', () => ask.destroy());
    asked.pipe(ask);
  }
}

/** What `NAME.NAMESPACE.svc` shows to whoever connects. */
async function contextOf(kube: KubeClient, host: string): Promise<SecureContext> {
  const [name = '', namespace = ''] = host.split('.');
  const { data = {} } = await kube.get(secrets, { namespace, name: `${name}-tls` });
  const text = (file: string) => Buffer.from(data[file] ?? '', 'base64');
  return createSecureContext({ cert: text('tls.crt'), key: text('tls.key') });
}
