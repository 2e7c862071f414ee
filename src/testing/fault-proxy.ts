import {
  createServer,
  type IncomingMessage,
  request as plainRequest,
  type Server,
  type ServerResponse,
} from 'node:http';
import { Agent, request as tlsRequest } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';

/** What goes wrong with one request. */
export type Fault =
  /** The connection is reset before any answer, and the server never hears of it. */
  | { readonly kind: 'reset' }
  /** The server does it, and the answer is lost by a reset. */
  | { readonly kind: 'lose' }
  /** This answer instead of the server's. */
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly body?: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** Forwarded with these words of the query changed. */
  | { readonly kind: 'ask'; readonly query: Readonly<Record<string, string>> }
  /** Forwarded late, by this many milliseconds. */
  | { readonly kind: 'delay'; readonly milliseconds: number }
  /** An answer from before to the same path again; the server never hears of the request. Forwarded while there is none. */
  | { readonly kind: 'replay' }
  /** Reset after this many bytes of the answer's body. */
  | { readonly kind: 'cut'; readonly afterBytes: number }
  /** Silent after this many bytes of the answer's body, with the connection open. */
  | { readonly kind: 'stall'; readonly afterBytes: number };

/** A request as the test sees it. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly isWatch: boolean;
}

/** HTTP in front of a real server, which does to requests what `fault` says. */
export class FaultProxy {
  /** Asked for every request; nothing forwards it unharmed. */
  fault: (request: SeenRequest) => Fault | undefined = () => undefined;
  /** Every request that came, in order. */
  readonly seen: SeenRequest[] = [];
  /** Which answers are kept for a replay: the newest of each path. */
  keeps: (request: SeenRequest) => boolean = () => false;
  readonly #kept = new Map<string, Kept>();
  readonly #upstream: URL;
  readonly #agent: Agent | undefined;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(options: { readonly upstream: string; readonly ca?: string }) {
    this.#upstream = new URL(options.upstream);
    this.#agent = options.ca === undefined ? undefined : new Agent({ ca: options.ca, keepAlive: true });
    this.#server = createServer((request, answer) => this.#serve(request, answer));
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
  }

  static async start(options: { readonly upstream: string; readonly ca?: string }): Promise<FaultProxy> {
    const proxy = new FaultProxy(options);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  /** `http://127.0.0.1:PORT` */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Resets every open connection. */
  cutAll(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.cutAll();
    this.#agent?.destroy();
    await closed;
  }

  #serve(request: IncomingMessage, answer: ServerResponse): void {
    const seen = this.#seenOf(request);
    this.seen.push(seen);
    const fault = this.fault(seen);
    const kept = fault?.kind === 'replay' ? this.#kept.get(seen.path) : undefined;
    if (kept !== undefined) answer.writeHead(kept.status, kept.headers).end(kept.body);
    else if (fault?.kind === 'reset') request.socket.resetAndDestroy();
    else if (fault?.kind === 'answer') answer.writeHead(fault.status, fault.headers).end(fault.body ?? '');
    else if (fault?.kind === 'delay') setTimeout(() => this.#forward(request, answer), fault.milliseconds);
    else this.#forward(request, answer, fault);
  }

  #forward(request: IncomingMessage, answer: ServerResponse, fault?: Fault): void {
    const send = this.#upstream.protocol === 'https:' ? tlsRequest : plainRequest;
    const { host: _, ...headers } = request.headers;
    const path = new URL(request.url ?? '/', this.#upstream);
    for (const [name, value] of Object.entries(fault?.kind === 'ask' ? fault.query : {})) {
      path.searchParams.set(name, value);
    }
    const onward = send(
      {
        hostname: this.#upstream.hostname,
        port: this.#upstream.port,
        method: request.method,
        path: `${path.pathname}${path.search}`,
        headers,
        ...(this.#agent === undefined ? {} : { agent: this.#agent }),
      },
      (reply) => this.#reply(reply, request, answer, fault),
    );
    onward.on('error', () => request.socket.resetAndDestroy());
    answer.on('close', () => onward.destroy());
    request.pipe(onward);
  }

  #keep(reply: IncomingMessage, request: IncomingMessage): void {
    const seen = this.#seenOf(request);
    if (reply.statusCode !== 200 || !this.keeps(seen)) return;
    const parts: Buffer[] = [];
    reply.on('data', (part: Buffer) => parts.push(part));
    reply.on('end', () => {
      this.#kept.set(seen.path, { status: 200, headers: reply.headers, body: Buffer.concat(parts) });
    });
  }

  #seenOf(request: IncomingMessage): SeenRequest {
    const url = new URL(request.url ?? '/', this.#upstream);
    return {
      method: request.method ?? 'GET',
      path: url.pathname,
      query: url.searchParams,
      isWatch: url.searchParams.get('watch') === 'true',
    };
  }

  #reply(
    reply: IncomingMessage,
    request: IncomingMessage,
    answer: ServerResponse,
    fault: Fault | undefined,
  ): void {
    reply.on('error', () => request.socket.resetAndDestroy());
    if (fault?.kind === 'lose') {
      reply.resume().on('end', () => request.socket.resetAndDestroy());
      return;
    }
    this.#keep(reply, request);
    answer.writeHead(reply.statusCode ?? 502, reply.headers);
    answer.flushHeaders();
    if (fault?.kind === 'cut' || fault?.kind === 'stall') passSome(reply, request, answer, fault);
    else reply.pipe(answer);
  }
}

/** An answer as it was. */
interface Kept {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/** Lets the first bytes pass, then cuts or goes silent. */
function passSome(
  reply: IncomingMessage,
  request: IncomingMessage,
  answer: ServerResponse,
  fault: { readonly kind: 'cut' | 'stall'; readonly afterBytes: number },
): void {
  let left = fault.afterBytes;
  reply.on('data', (chunk: Buffer) => {
    if (left <= 0) return;
    const part = chunk.subarray(0, left);
    left -= part.length;
    answer.write(part, () => {
      if (left <= 0 && fault.kind === 'cut') request.socket.resetAndDestroy();
    });
  });
  reply.on('end', () => {
    if (left > 0) answer.end();
  });
}
