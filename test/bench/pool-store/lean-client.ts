import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

interface Waiting {
  resolve(body: string): void;
  reject(error: Error): void;
}

/**
 * One kept connection that sends a request after the other: HTTP as a client writes it, without what a library would cost,
 * because the client shares the machine with the pool that is measured.
 */
export class LeanClient {
  readonly #socket: Socket;
  readonly #head: string;
  #heard = '';
  #waiting: Waiting | undefined;

  private constructor(socket: Socket, host: string, token: string) {
    this.#socket = socket;
    this.#head = `Host: ${host}\r\nAuthorization: Bearer ${token}\r\n`;
    socket.setNoDelay(true);
    socket.on('data', (data) => {
      this.#heard += data.toString('latin1');
      this.#look();
    });
    socket.on('error', (error) => this.#waiting?.reject(error));
    socket.on('close', () => this.#waiting?.reject(new Error('the pool has closed the connection')));
  }

  static async open(url: string, token: string): Promise<LeanClient> {
    const { hostname, port, host } = new URL(url);
    const socket = connect(Number(port), hostname);
    await once(socket, 'connect');
    return new LeanClient(socket, host, token);
  }

  /** The body of the answer. @throws Error unless it is a success */
  ask(method: 'GET' | 'POST', path: string, body?: string): Promise<string> {
    const type = body === undefined ? '' : 'Content-Type: application/json\r\n';
    const length = body === undefined ? '' : `Content-Length: ${Buffer.byteLength(body)}\r\n`;
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    this.#waiting = { resolve, reject };
    this.#socket.write(`${method} ${path} HTTP/1.1\r\n${this.#head}${type}${length}\r\n${body ?? ''}`);
    return promise;
  }

  close(): void {
    this.#waiting = undefined;
    this.#socket.destroy();
  }

  #look(): void {
    const end = this.#heard.indexOf('\r\n\r\n');
    if (end < 0) return;
    const head = this.#heard.slice(0, end);
    const rest = this.#heard.slice(end + 4);
    const length = /content-length: (\d+)/i.exec(head)?.[1];
    const body = length === undefined ? chunksOf(rest) : rest.slice(0, Number(length));
    if (body === undefined || body.length < Number(length ?? 0)) return;
    // The next answer comes only after the next question.
    this.#heard = '';
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (head.startsWith('HTTP/1.1 2')) waiting?.resolve(body);
    else waiting?.reject(new Error(`${head.split('\r\n')[0]}: ${body.slice(0, 500)}`));
  }
}

/** The body of an answer that comes in chunks; undefined while its end has not come. */
function chunksOf(text: string): string | undefined {
  let body = '';
  for (let at = 0; ; ) {
    const end = text.indexOf('\r\n', at);
    if (end < 0) return undefined;
    const size = Number.parseInt(text.slice(at, end), 16);
    if (text.length < end + 2 + size + 2) return undefined;
    if (size === 0) return body;
    body += text.slice(end + 2, end + 2 + size);
    at = end + 2 + size + 2;
  }
}
