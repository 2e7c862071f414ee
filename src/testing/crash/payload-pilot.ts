import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { systemClock } from '#base/clock.ts';
import { PilotLink } from '#client/pilot-link.ts';
import type { PoolAddress } from '#client/pool-address.ts';
import type { PoolClient } from '#client/pool-client.ts';
import { Lease } from '#pilot/lifetime/lease.ts';
import { createLogger } from '#telemetry/logger.ts';
import { type ClaimRef, claimKey } from '#wire/claim.ts';
import type { JobFile } from '#wire/file.ts';
import type { Outcome } from '#wire/outcome.ts';
import type { Finished, Hello } from '#wire/pilot-messages.ts';
import type { PoolMessage, Start, Welcome } from '#wire/pool-messages.ts';
import { protocolVersion } from '#wire/protocol.ts';
import { slotTexts } from '../ads.ts';
import type { Diary, Execution } from './diary.ts';
import { upload } from './upload.ts';

interface PayloadPilotOptions {
  readonly uid: string;
  readonly address: PoolAddress;
  /** Uploads the outputs. */
  readonly client: PoolClient;
  readonly diary: Diary;
  readonly random: () => number;
  /** The longest time that most payloads take, in milliseconds; a few take ten times as long. */
  readonly workMilliseconds: number;
}

/** A claim that the pilot holds: its payload lives, or it has ended and the pool has not recorded that yet. */
interface Held {
  readonly start: Start;
  readonly execution: Execution;
  timer?: NodeJS.Timeout;
  finished?: Finished;
}

/** How often something out of the ordinary happens to a payload or to its result. */
const share = { long: 0.1, failure: 0.03, output: 0.1, repeated: 0.05, cutOff: 0.03, afterwards: 0.02 };

/**
 * A pilot of one process, with the link and the lease of real ones. Its payloads are timers, so that hundreds of pilots fit into
 * a test. What it does is in the diary before anybody hears of it.
 */
export class PayloadPilot {
  readonly uid: string;
  readonly #options: PayloadPilotOptions;
  readonly #process = randomUUID();
  readonly #held = new Map<string, Held>();
  readonly #life = new AbortController();
  readonly #link: PilotLink;
  readonly #lease: Lease;
  #connections = 0;
  #partitioned = false;
  #leaving = false;

  constructor(options: PayloadPilotOptions) {
    this.uid = options.uid;
    this.#options = options;
    const { address, random } = options;
    this.#lease = new Lease(systemClock, {
      renew: (sequence) => this.#link.send({ type: 'renew', sequence }),
      lost: () => this.#stopAll('the lease is lost'),
      unanswered: () => this.#link.reconnect(),
    });
    this.#link = new PilotLink({
      address: { ...address, token: async () => this.#token() },
      hello: () => this.#hello(),
      clock: systemClock,
      random,
      logger: createLogger('payload-pilot', { level: 'silent' }),
      events: {
        welcome: (welcome, helloAt) => this.#welcome(welcome, helloAt),
        message: (message) => this.#hear(message),
        unreadable: ({ reason }) =>
          options.diary.surprises.push(`a message of the pool was unreadable: ${reason}`),
        down: () => this.#lease.disconnected(),
      },
    });
  }

  /** Works until {@link die}. */
  run(): Promise<void> {
    return this.#link.run(this.#life.signal);
  }

  /** Whether it holds no claim, so nothing that it has said waits for an answer. */
  get isIdle(): boolean {
    return this.#held.size === 0;
  }

  /** Breaks the connection; the pilot makes another. */
  cut(): void {
    this.#link.reconnect();
  }

  /** Cuts the network for a while. Nobody tells either side. */
  async partition(milliseconds: number): Promise<void> {
    this.#partitioned = true;
    this.cut();
    await pause(milliseconds);
    this.#partitioned = false;
  }

  /** Leaves as a pilot does whose time is over: accepts nothing more, stops its payloads, and waits until that is recorded. */
  async leave(): Promise<void> {
    this.#leaving = true;
    this.#link.send({ type: 'draining', reason: 'its time is over' });
    this.#stopAll('its time is over');
    while (this.#held.size > 0) await pause(50);
    this.#link.send({ type: 'leaving', reason: 'its time is over' });
    this.#lease.stop();
    this.#life.abort();
  }

  /** Ends the process like SIGKILL: its payloads are dead, and what it had to say is lost. */
  die(): void {
    for (const held of this.#held.values()) this.#ended(held);
    this.#held.clear();
    this.#lease.stop();
    this.#link.reconnect();
    this.#life.abort();
  }

  async #token(): Promise<string> {
    if (this.#partitioned) throw new Error('the network is cut');
    return this.#options.address.token();
  }

  #hello(): Hello {
    this.#connections += 1;
    return {
      type: 'hello',
      protocol: protocolVersion,
      uid: this.uid,
      process: this.#process,
      connection: this.#connections,
      name: `pilot-${this.uid}`,
      group: 'crash',
      site: 'here',
      slot: slotTexts(),
      retireIn: 86_400,
      draining: this.#leaving,
      claims: [...this.#held.values()].map(({ start }) => start.claim),
    };
  }

  #welcome({ leaseSeconds, drop }: Welcome, helloAt: number): void {
    this.#lease.welcomed(leaseSeconds, helloAt);
    for (const claim of drop) this.#forget(claim);
    for (const { start, execution, finished } of this.#held.values()) {
      if (finished !== undefined) this.#link.send(finished);
      else if (execution.until === undefined) this.#sayStarted(start);
    }
  }

  #hear(message: Exclude<PoolMessage, Welcome>): void {
    if (message.type === 'start') this.#begin(message);
    else if (message.type === 'stop') this.#stop(message.claim);
    else if (message.type === 'recorded') this.#recorded(message.claim);
    else if (message.type === 'renewed') this.#lease.renewed(message.sequence);
  }

  #begin(start: Start): void {
    const { diary, random, workMilliseconds } = this.#options;
    const key = claimKey(start.claim);
    // What runs without a lease, nothing would end.
    if (this.#held.has(key) || this.#life.signal.aborted || !this.#lease.held) return;
    const held: Held = { start, execution: diary.begin(start.job, start.claim, this.uid) };
    this.#held.set(key, held);
    this.#sayStarted(start);
    const work = random() ** 2 * workMilliseconds * (random() < share.long ? 10 : 1);
    held.timer = setTimeout(() => void this.#exit(held), work);
  }

  #sayStarted({ claim }: Start): void {
    this.#link.send({ type: 'started', claim, at: Date.now() });
  }

  /** The payload ends by itself, perhaps with an output. */
  async #exit(held: Held): Promise<void> {
    const { random } = this.#options;
    const exitCode = random() < share.failure ? 1 : 0;
    this.#ended(held);
    const outputs = random() < share.output ? await this.#upload(held) : [];
    this.#result(held, { kind: 'exited', exitCode }, outputs);
  }

  /** Tries until the pool has the file, or until there is no pilot any more. */
  async #upload({ start: { claim } }: Held): Promise<JobFile[]> {
    const { client, diary } = this.#options;
    const content = Buffer.from(`output of ${claim.id} on ${this.uid}`);
    while (!this.#life.signal.aborted) {
      try {
        return [await upload(client, diary, 'result', content)];
      } catch {
        // The pool is down, or its disk is full.
        await pause(100);
      }
    }
    return [];
  }

  #stop(claim: ClaimRef): void {
    const held = this.#held.get(claimKey(claim));
    if (held === undefined || held.execution.until !== undefined) return;
    this.#ended(held);
    this.#result(held, { kind: 'stopped', reason: 'asked' }, []);
  }

  #stopAll(reason: string): void {
    for (const held of this.#held.values()) {
      if (held.execution.until !== undefined) continue;
      this.#ended(held);
      this.#result(held, { kind: 'stopped', reason }, []);
    }
  }

  /** The last process of the payload is dead. */
  #ended({ execution, timer }: Held): void {
    clearTimeout(timer);
    execution.until ??= performance.now();
  }

  /** Reports the end, sometimes twice, and sometimes on a connection that breaks before the answer. */
  #result(held: Held, outcome: Outcome, outputs: readonly JobFile[]): void {
    const { start, execution } = held;
    if (this.#held.get(claimKey(start.claim)) !== held) return;
    const { random } = this.#options;
    const usage = { wallSeconds: ((execution.until ?? execution.from) - execution.from) / 1000 };
    const { claim } = start;
    held.finished = { type: 'finished', claim, outcome, endedAt: Date.now(), usage, outputs: [...outputs] };
    execution.result = { outcome, outputs };
    this.#link.send(held.finished);
    if (random() < share.repeated) this.#link.send(held.finished);
    if (random() < share.cutOff) this.cut();
  }

  #recorded(claim: ClaimRef): void {
    const held = this.#held.get(claimKey(claim));
    if (held?.finished === undefined) return;
    held.execution.recorded = true;
    this.#held.delete(claimKey(claim));
    if (this.#options.random() < share.afterwards) this.#link.send(held.finished);
  }

  /** The claim is over for the pool. */
  #forget(claim: ClaimRef): void {
    const held = this.#held.get(claimKey(claim));
    if (held === undefined) return;
    this.#ended(held);
    this.#held.delete(claimKey(claim));
  }
}
