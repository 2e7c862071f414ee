import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import type { ClaimRef, Resources } from '#wire/claim.ts';
import type { JobFile } from '#wire/file.ts';
import { type Finished, type Hello, type PilotMessage, pilotMessage } from '#wire/pilot-messages.ts';
import type { PoolMessage } from '#wire/pool-messages.ts';
import { protocolVersion } from '#wire/protocol.ts';

export interface PoolPeerOptions {
  readonly leaseSeconds?: number;
  /** False: as a pool of an older version. */
  readonly slotUpdates?: boolean;
  /** Answer of the upgrade instead of a WebSocket, while it returns one. */
  readonly refuse?: () => number | undefined;
}

/** What a test says of a job; texts are ClassAd expressions. */
export interface TestJob {
  readonly id?: string;
  readonly ad: Readonly<Record<string, string>>;
  readonly inputs?: readonly JobFile[];
  readonly resources?: Partial<Resources>;
}

/**
 * The other end of a pilot's connection, for tests of pilots: HTTP for files, a WebSocket for messages, on a real port. It
 * says `welcome` and `renewed` by itself (unless `silent`), everything else is the test's, and it keeps all that pilots
 * say. It matches and records nothing; tests of sites have `ScriptedPool`, and all others the real pool (`TestPool`).
 */
export class PoolPeer {
  readonly blobs = new Map<string, Buffer>();
  readonly peeks = new Map<string, Buffer>();
  readonly heard: { readonly message: PilotMessage; readonly at: number }[] = [];
  /** How often each blob was asked for. */
  readonly downloads = new Map<string, number>();
  readonly authorizations: string[] = [];
  /** No answer to `renew` any more, as if the network were cut without a sign. */
  silent = false;
  /** Answered to `hello` as claims that are over. */
  drop: ClaimRef[] = [];
  /** HTTP answers 503 while this is true. */
  filesAway = false;
  /** Called with each message, for whoever waits for thousands of them. */
  onMessage: (message: PilotMessage) => void = () => {};
  readonly #options: PoolPeerOptions;
  readonly #http: Server;
  readonly #sockets: WebSocketServer;
  #listeners = new Set<() => void>();
  #socket: WebSocket | undefined;
  #claims = 0;

  private constructor(options: PoolPeerOptions) {
    this.#options = options;
    this.#http = createServer((request, answer) => void this.#serve(request, answer));
    this.#sockets = new WebSocketServer({ noServer: true });
    this.#http.on('upgrade', (request, socket, head) => {
      this.authorizations.push(request.headers.authorization ?? '');
      const status = options.refuse?.();
      if (status !== undefined) {
        socket.end(`HTTP/1.1 ${status} Refused\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
        return;
      }
      this.#sockets.handleUpgrade(request, socket, head, (opened) => this.#greet(opened));
    });
  }

  /** @param port of an earlier peer, to come back at the same address */
  static async listen(options: PoolPeerOptions = {}, port = 0): Promise<PoolPeer> {
    const peer = new PoolPeer(options);
    await new Promise<void>((resolve) => peer.#http.listen(port, '127.0.0.1', resolve));
    return peer;
  }

  get port(): number {
    return (this.#http.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async close(): Promise<void> {
    this.disconnect();
    this.#http.closeAllConnections();
    await new Promise((resolve) => this.#http.close(resolve));
  }

  /** Cuts the newest connection, or closes it with a code. */
  disconnect(code?: number): void {
    if (code === undefined) this.#socket?.terminate();
    else this.#socket?.close(code);
  }

  send(message: PoolMessage): void {
    if (this.#socket === undefined) throw new Error('no pilot is connected');
    this.#socket.send(JSON.stringify(message));
  }

  /** Anything at all, for messages that are none; lost when no pilot is connected. */
  sendRaw(text: string | Buffer): void {
    if (this.#socket?.readyState === this.#socket?.OPEN) this.#socket?.send(text);
  }

  /** A file for the input of a job. */
  file(name: string, content: string | Buffer, executable = false): JobFile {
    const bytes = Buffer.from(content);
    const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
    this.blobs.set(digest, bytes);
    return { name, digest, size: bytes.length, executable };
  }

  /** The `start` of a new claim for a job; send it with `send`. */
  startOf(job: TestJob): Extract<PoolMessage, { type: 'start' }> {
    this.#claims += 1;
    return {
      type: 'start',
      claim: { generation: 'g1', id: `claim-${this.#claims}`, epoch: 1 },
      job: job.id ?? `${this.#claims}.0`,
      ad: { ...job.ad },
      inputs: [...(job.inputs ?? [])],
      resources: { cpus: 1, memory: 128, disk: 102_400, gpus: 0, ...job.resources },
    };
  }

  /** Starts a job, waits for its end, records it. */
  async run(job: TestJob, milliseconds = 20_000): Promise<Finished> {
    const start = this.startOf(job);
    this.send(start);
    const finished = await this.finished(start.claim, milliseconds);
    this.send({ type: 'recorded', claim: start.claim });
    return finished;
  }

  finished(claim: ClaimRef, milliseconds = 20_000): Promise<Finished> {
    return this.next('finished', (message) => message.claim.id === claim.id, milliseconds);
  }

  hello(number = 1): Promise<Hello> {
    let seen = 0;
    return this.next('hello', () => {
      seen += 1;
      return seen === number;
    });
  }

  /** The first message of a type that fits, heard already or to come. */
  async next<T extends PilotMessage['type']>(
    type: T,
    fits: (message: Extract<PilotMessage, { type: T }>) => boolean = () => true,
    milliseconds = 20_000,
  ): Promise<Extract<PilotMessage, { type: T }>> {
    const deadline = performance.now() + milliseconds;
    let looked = 0;
    for (;;) {
      for (; looked < this.heard.length; looked += 1) {
        const message = this.heard[looked]?.message;
        if (message?.type === type && fits(message as Extract<PilotMessage, { type: T }>)) {
          return message as Extract<PilotMessage, { type: T }>;
        }
      }
      await this.#change(deadline, type);
    }
  }

  /** The content of a file that a pilot has brought. */
  content(file: JobFile | undefined): string {
    if (file === undefined) throw new Error('there is no such file');
    const blob = this.blobs.get(file.digest);
    if (blob === undefined) throw new Error(`${file.name} was not brought`);
    return blob.toString('utf8');
  }

  #change(deadline: number, type: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => {
          this.#listeners.delete(changed);
          reject(
            new Error(`no ${type} came; heard ${this.heard.map(({ message }) => message.type).join(' ')}`),
          );
        },
        Math.max(0, deadline - performance.now()),
      );
      const changed = () => {
        clearTimeout(timer);
        this.#listeners.delete(changed);
        resolve();
      };
      this.#listeners.add(changed);
    });
  }

  #greet(socket: WebSocket): void {
    this.#socket = socket;
    socket.on('message', (data: Buffer) => {
      const message = pilotMessage.parse(JSON.parse(data.toString('utf8')));
      this.heard.push({ message, at: performance.now() });
      this.onMessage(message);
      for (const listener of this.#listeners) listener();
      if (this.silent) return;
      if (message.type === 'renew') {
        socket.send(JSON.stringify({ type: 'renewed', sequence: message.sequence }));
      } else if (message.type === 'hello') {
        const leaseSeconds = this.#options.leaseSeconds ?? 60;
        const welcome = {
          type: 'welcome',
          protocol: protocolVersion,
          leaseSeconds,
          drop: this.drop,
          outputLists: true,
          checkpoints: true,
          slotUpdates: this.#options.slotUpdates ?? true,
        };
        socket.send(JSON.stringify(welcome));
      }
    });
  }

  async #serve(request: IncomingMessage, answer: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const [, version, kind, id = ''] = (request.url ?? '').split('/');
    if (this.filesAway) answer.writeHead(503).end();
    else if (version === 'v1' && kind === 'blobs')
      this.#serveBlob(request, id, Buffer.concat(chunks), answer);
    else if (version === 'v1' && kind === 'peeks') {
      this.peeks.set(id, Buffer.concat(chunks));
      answer.writeHead(204).end();
    } else notFound(answer);
  }

  #serveBlob(request: IncomingMessage, digest: string, body: Buffer, answer: ServerResponse): void {
    if (request.method === 'PUT') {
      this.blobs.set(digest, body);
      answer.writeHead(201).end();
      return;
    }
    const blob = this.blobs.get(digest);
    if (blob === undefined) {
      notFound(answer);
      return;
    }
    answer.writeHead(200, { 'content-length': blob.length });
    if (request.method === 'HEAD') {
      answer.end();
      return;
    }
    this.downloads.set(digest, (this.downloads.get(digest) ?? 0) + 1);
    answer.end(blob);
  }
}

function notFound(answer: ServerResponse): void {
  answer.writeHead(404, { 'content-type': 'application/json' });
  answer.end(JSON.stringify({ code: 'NotFound', message: 'there is no such file' }));
}
