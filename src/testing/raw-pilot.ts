import { WebSocket } from 'ws';
import type { ClaimRef } from '#wire/claim.ts';
import type { Outcome } from '#wire/outcome.ts';
import type { Finished, Hello, PilotMessage } from '#wire/pilot-messages.ts';
import { type PoolMessage, poolMessage, type Start } from '#wire/pool-messages.ts';
import { protocolVersion } from '#wire/protocol.ts';
import { slotTexts } from './ads.ts';

interface RawPilotOptions {
  readonly url: string;
  readonly token: string;
  readonly uid: string;
  readonly slot?: Readonly<Record<string, string>>;
  readonly hello?: Partial<Hello>;
  /** False: pings are not answered, as if the network were cut without a sign. */
  readonly answersPings?: boolean;
}

/** One real socket that speaks as a pilot does; the test decides what it says. */
export class RawPilot {
  readonly uid: string;
  readonly heard: PoolMessage[] = [];
  /** How the connection ended; undefined while it is open. */
  ended: { readonly code: number; readonly reason: string } | undefined;
  readonly #options: RawPilotOptions;
  readonly #socket: WebSocket;
  readonly #listeners = new Set<() => void>();

  private constructor(options: RawPilotOptions, socket: WebSocket) {
    this.uid = options.uid;
    this.#options = options;
    this.#socket = socket;
    socket.on('message', (data: Buffer) => {
      this.heard.push(poolMessage.parse(JSON.parse(data.toString('utf8'))));
      this.#wake();
    });
    socket.on('close', (code, reason) => {
      this.ended = { code, reason: reason.toString('utf8') };
      this.#wake();
    });
  }

  /** Connects and says nothing. @throws Error with the HTTP status when the pool refuses */
  static async open(options: RawPilotOptions): Promise<RawPilot> {
    const url = `${options.url.replace(/^http/, 'ws')}/v1/pilot`;
    const socket = new WebSocket(url, {
      headers: { authorization: `Bearer ${options.token}` },
      autoPong: options.answersPings ?? true,
    });
    const pilot = new RawPilot(options, socket);
    await new Promise<void>((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('error', reject);
    });
    socket.on('error', () => {});
    return pilot;
  }

  /** Connects, says hello and waits to be welcome. */
  static async start(options: RawPilotOptions): Promise<RawPilot> {
    const pilot = await RawPilot.open(options);
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
    this.finished(start, outcome);
    await this.recorded(start.claim);
  }

  async recorded(claim: ClaimRef): Promise<void> {
    await this.next('recorded', (message) => message.claim.id === claim.id);
  }

  /** The first message of a type that fits, heard already or to come. @throws Error when the connection ends first */
  async next<T extends PoolMessage['type']>(
    type: T,
    fits: (message: Extract<PoolMessage, { type: T }>) => boolean = () => true,
    milliseconds = 5000,
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
  async end(milliseconds = 5000): Promise<{ readonly code: number; readonly reason: string }> {
    await this.#until(() => this.ended !== undefined, 'the connection did not end', milliseconds);
    return this.ended ?? { code: 0, reason: '' };
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

  #wake(): void {
    for (const listener of this.#listeners) listener();
  }
}
