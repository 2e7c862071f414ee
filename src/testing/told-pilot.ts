import { createHash } from 'node:crypto';
import { WebSocket } from 'ws';
import type { JobFile } from '#wire/file.ts';
import type { Finished, PilotMessage } from '#wire/pilot-messages.ts';
import { type PoolMessage, poolMessage } from '#wire/pool-messages.ts';
import { protocolVersion } from '#wire/protocol.ts';
import { eventually } from './eventually.ts';

type Start = Extract<PoolMessage, { type: 'start' }>;

interface ToldPilotOptions {
  readonly url: string;
  readonly uid: string;
  readonly token: string;
  /** Expressions of the slot ad. */
  readonly slot: Readonly<Record<string, string>>;
}

/** Bytes that a real pilot brings at a time. */
const mostPeekBytes = 2 ** 20;

/** A pilot that speaks the protocol with a real pool and runs nothing: a test says how each job went. */
export class ToldPilot {
  readonly heard: PoolMessage[] = [];
  /** What running jobs have printed, by job: read by whoever peeks. */
  readonly printed = new Map<string, string>();
  readonly #options: ToldPilotOptions;
  readonly #socket: WebSocket;

  private constructor(options: ToldPilotOptions, socket: WebSocket) {
    this.#options = options;
    this.#socket = socket;
    socket.on('message', (data: Buffer) => {
      const message = poolMessage.parse(JSON.parse(data.toString('utf8')));
      this.heard.push(message);
      if (message.type === 'peek') void this.#show(message);
    });
  }

  static async connect(options: ToldPilotOptions): Promise<ToldPilot> {
    const socket = new WebSocket(`${options.url.replace('http', 'ws')}/v1/pilot`, {
      headers: { authorization: `Bearer ${options.token}` },
    });
    const pilot = new ToldPilot(options, socket);
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    pilot.#send({
      type: 'hello',
      protocol: protocolVersion,
      uid: options.uid,
      name: options.uid,
      group: 'test',
      site: 'here',
      slot: { ...options.slot },
      retireIn: 3600,
      draining: false,
      claims: [],
    });
    await eventually(() => {
      if (!pilot.heard.some(({ type }) => type === 'welcome')) throw new Error('no welcome yet');
    });
    return pilot;
  }

  /** The `start` of a job, heard already or to come; answered with `started`. */
  async start(job: string, tries = 1): Promise<Start> {
    const start = await eventually(() => {
      const all = this.heard.filter((message) => message.type === 'start' && message.job === job);
      const found = all[tries - 1];
      if (found?.type !== 'start') throw new Error(`${job} was not started`);
      return found;
    });
    this.#send({ type: 'started', claim: start.claim, at: Date.now() });
    return start;
  }

  /** Ends a job; resolves when the pool has recorded that. */
  async finish(
    start: Start,
    more: Partial<Pick<Finished, 'outcome' | 'outputs' | 'stdout' | 'stderr'>> = {},
  ) {
    this.#send({
      type: 'finished',
      claim: start.claim,
      outcome: { kind: 'exited', exitCode: 0 },
      startedAt: Date.now() - 1000,
      endedAt: Date.now(),
      usage: { wallSeconds: 1 },
      outputs: [],
      ...more,
    });
    await eventually(() => {
      const isIt = (message: PoolMessage) =>
        message.type === 'recorded' &&
        message.claim.id === start.claim.id &&
        message.claim.epoch === start.claim.epoch;
      if (!this.heard.some(isIt)) throw new Error('not recorded yet');
    });
  }

  /** Brings a file to the pool's spool. */
  async bring(name: string, content: string): Promise<JobFile> {
    const digest = `sha256:${createHash('sha256').update(content).digest('hex')}`;
    await this.#put(`/v1/blobs/${digest}`, content);
    return { name, digest, size: Buffer.byteLength(content), executable: false };
  }

  close(): void {
    this.#socket.terminate();
  }

  async #show({ id, claim, offset }: Extract<PoolMessage, { type: 'peek' }>): Promise<void> {
    const start = this.heard.find((message) => message.type === 'start' && message.claim.id === claim.id);
    const text = start?.type === 'start' ? (this.printed.get(start.job) ?? '') : '';
    await this.#put(`/v1/peeks/${id}`, text.slice(offset, offset + mostPeekBytes));
  }

  async #put(path: string, body: string): Promise<void> {
    const answer = await fetch(new URL(path, this.#options.url), {
      method: 'PUT',
      headers: {
        authorization: `Bearer ${this.#options.token}`,
        'content-type': 'application/octet-stream',
      },
      body,
    });
    if (!answer.ok) throw new Error(`the pool refused ${path}: ${await answer.text()}`);
  }

  #send(message: PilotMessage): void {
    this.#socket.send(JSON.stringify(message));
  }
}
