import { createHash } from 'node:crypto';
import { WebSocket } from 'ws';
import type { ClaimRef } from '#wire/claim.ts';
import type { JobFile } from '#wire/file.ts';
import type { Outcome } from '#wire/outcome.ts';
import type { Finished, Hello, PilotMessage } from '#wire/pilot-messages.ts';
import { type PoolMessage, poolMessage, type Start } from '#wire/pool-messages.ts';
import { protocolVersion } from '#wire/protocol.ts';
import { slotTexts } from './ads.ts';

interface ScriptedPilotOptions {
  readonly url: string;
  readonly token: string;
  readonly uid: string;
  readonly slot?: Readonly<Record<string, string>>;
  readonly hello?: Partial<Hello>;
  /** False: pings are not answered, as if the network were cut without a sign. */
  readonly answersPings?: boolean;
}

/** Bytes that a real pilot brings at a time. */
const mostPeekBytes = 2 ** 20;

/**
 * The tests' pilot: one real socket to a real pool. It runs nothing, and a test decides what it says. One that goes on by
 * itself, over as many connections as it takes, is a `WorkingPilot`.
 */
export class ScriptedPilot {
  readonly uid: string;
  readonly heard: PoolMessage[] = [];
  /** What running jobs have printed, by job: once something is in here, the pilot answers whoever peeks. */
  readonly printed = new Map<string, string>();
  /** How the connection ended; undefined while it is open. */
  ended: { readonly code: number; readonly reason: string } | undefined;
  readonly #options: ScriptedPilotOptions;
  readonly #socket: WebSocket;
  readonly #listeners = new Set<() => void>();

  private constructor(options: ScriptedPilotOptions, socket: WebSocket) {
    this.uid = options.uid;
    this.#options = options;
    this.#socket = socket;
    socket.on('message', (data: Buffer) => {
      const message = poolMessage.parse(JSON.parse(data.toString('utf8')));
      this.heard.push(message);
      if (message.type === 'peek' && this.printed.size > 0) void this.#show(message);
      this.#wake();
    });
    socket.on('close', (code, reason) => {
      this.ended = { code, reason: reason.toString('utf8') };
      this.#wake();
    });
  }

  /** Connects and says nothing. @throws Error with the HTTP status when the pool refuses */
  static async open(options: ScriptedPilotOptions): Promise<ScriptedPilot> {
    const url = `${options.url.replace(/^http/, 'ws')}/v1/pilot`;
    const socket = new WebSocket(url, {
      headers: { authorization: `Bearer ${options.token}` },
      autoPong: options.answersPings ?? true,
    });
    const pilot = new ScriptedPilot(options, socket);
    await new Promise<void>((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('error', reject);
    });
    socket.on('error', () => {});
    return pilot;
  }

  /** Connects, says hello and waits to be welcome. */
  static async start(options: ScriptedPilotOptions): Promise<ScriptedPilot> {
    const pilot = await ScriptedPilot.open(options);
    pilot.sayHello();
    await pilot.next('welcome');
    return pilot;
  }

  sayHello(more: Partial<Hello> = {}): void {
    this.say({
      type: 'hello',
      protocol: protocolVersion,
      uid: this.uid,
      name: `pilot-${this.uid}`,
      group: 'test',
      site: 'here',
      slot: slotTexts(this.#options.slot),
      retireIn: 3600,
      draining: false,
      claims: [],
      ...this.#options.hello,
      ...more,
    });
  }

  say(message: PilotMessage): void {
    this.#socket.send(JSON.stringify(message));
  }

  /** Anything at all, for messages that are none. */
  sayRaw(text: string | Buffer): void {
    this.#socket.send(text);
  }

  started({ claim }: Pick<Start, 'claim'>): void {
    this.say({ type: 'started', claim, at: Date.now() });
  }

  finished(
    { claim }: Pick<Start, 'claim'>,
    outcome: Outcome = { kind: 'exited', exitCode: 0 },
    more: Partial<Finished> = {},
  ): void {
    const endedAt = Date.now();
    this.say({ type: 'finished', claim, outcome, endedAt, usage: { wallSeconds: 1 }, outputs: [], ...more });
  }

  /** Runs to its end what a `start` asks for, and waits until that is recorded. */
  async run(start: Start, outcome?: Outcome): Promise<void> {
    this.started(start);
    await this.finish(start, outcome === undefined ? {} : { outcome });
  }

  /** Says that the payload of a job runs. @returns the job's `start`, heard already or to come */
  async begin(job: string): Promise<Start> {
    const start = await this.next('start', (message) => message.job === job);
    this.started(start);
    return start;
  }

  /** The payload has ended; resolves when the pool has recorded that. */
  async finish(start: Start, { outcome, ...more }: Partial<Finished> = {}): Promise<void> {
    this.finished(start, outcome, more);
    await this.recorded(start.claim);
  }

  /** Brings a file to the pool's spool. */
  async bring(name: string, content: string): Promise<JobFile> {
    const digest = `sha256:${createHash('sha256').update(content).digest('hex')}`;
    await this.#put(`/v1/blobs/${digest}`, content);
    return { name, digest, size: Buffer.byteLength(content), executable: false };
  }

  async recorded(claim: ClaimRef): Promise<void> {
    await this.next('recorded', (message) => message.claim.id === claim.id);
  }

  /** The first message of a type that fits, heard already or to come. @throws Error when the connection ends first */
  async next<T extends PoolMessage['type']>(
    type: T,
    fits: (message: Extract<PoolMessage, { type: T }>) => boolean = () => true,
    milliseconds = 20_000,
  ): Promise<Extract<PoolMessage, { type: T }>> {
    const isIt = (message: PoolMessage): message is Extract<PoolMessage, { type: T }> =>
      message.type === type && fits(message as Extract<PoolMessage, { type: T }>);
    await this.#until(
      () => this.heard.some(isIt) || this.ended !== undefined,
      `no ${type} came`,
      milliseconds,
    );
    const found = this.heard.find(isIt);
    if (found === undefined) throw new Error(`no ${type} came, but ${JSON.stringify(this.ended)}`);
    return found;
  }

  /** Waits for the pool to close the connection. */
  async end(milliseconds = 20_000): Promise<{ readonly code: number; readonly reason: string }> {
    await this.#until(() => this.ended !== undefined, 'the connection did not end', milliseconds);
    return this.ended ?? { code: 0, reason: '' };
  }

  /** Reads nothing from here on. */
  deafen(): void {
    this.#socket.pause();
  }

  /** Cuts the connection without a word. */
  cut(): void {
    this.#socket.terminate();
  }

  async #until(holds: () => boolean, otherwise: string, milliseconds: number): Promise<void> {
    const deadline = performance.now() + milliseconds;
    while (!holds()) {
      const left = deadline - performance.now();
      if (left <= 0) {
        const heard = this.heard.map(({ type }) => type).join(' ');
        throw new Error(`${otherwise}; heard: ${heard === '' ? 'nothing' : heard}`);
      }
      await this.change(left);
    }
  }

  /** Resolves when something was heard, the connection ended, or the time is over. */
  change(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#listeners.delete(done);
        resolve();
      };
      const timer = setTimeout(done, milliseconds);
      this.#listeners.add(done);
    });
  }

  async #show({ id, claim, offset }: Extract<PoolMessage, { type: 'peek' }>): Promise<void> {
    const start = this.heard.find((message) => message.type === 'start' && message.claim.id === claim.id);
    const text = start?.type === 'start' ? (this.printed.get(start.job) ?? '') : '';
    await this.#put(`/v1/peeks/${id}`, text.slice(offset, offset + mostPeekBytes));
  }

  async #put(path: string, body: string): Promise<void> {
    const { url, token } = this.#options;
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/octet-stream' };
    const answer = await fetch(new URL(path, url), { method: 'PUT', headers, body });
    if (!answer.ok) throw new Error(`the pool refused ${path}: ${await answer.text()}`);
  }

  #wake(): void {
    for (const listener of this.#listeners) listener();
  }
}
