import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { systemClock } from '#base/clock.ts';
import { PilotLink } from '#client/pilot-link.ts';
import type { PoolAddress } from '#client/pool-address.ts';
import type { PoolClient } from '#client/pool-client.ts';
import { Lease } from '#pilot/lifetime/lease.ts';
import { createLogger } from '#telemetry/logger.ts';
import type { Hello } from '#wire/pilot-messages.ts';
import type { PoolMessage, Welcome } from '#wire/pool-messages.ts';
import { protocolVersion } from '#wire/protocol.ts';
import { slotTexts } from '../ads.ts';
import type { Diary } from './diary.ts';
import { PilotPayloads } from './pilot-payloads.ts';

interface PayloadPilotOptions {
  readonly uid: string;
  readonly address: PoolAddress;
  /** Uploads the outputs. */
  readonly client: PoolClient;
  readonly diary: Diary;
  readonly random: () => number;
  /** The longest time that most payloads take, in milliseconds. */
  readonly workMilliseconds: number;
}

/** A pilot without processes, with the link and the lease of real ones: hundreds of them fit into a test. */
export class PayloadPilot {
  readonly uid: string;
  readonly #address: PoolAddress;
  readonly #process = randomUUID();
  readonly #life = new AbortController();
  readonly #link: PilotLink;
  readonly #lease: Lease;
  readonly #payloads: PilotPayloads;
  #connections = 0;
  #partitioned = false;
  #leaving = false;

  constructor(options: PayloadPilotOptions) {
    const { uid, address, random, diary } = options;
    this.uid = uid;
    this.#address = address;
    this.#payloads = new PilotPayloads({
      ...options,
      say: (message) => void this.#link.send(message),
      cut: () => this.cut(),
    });
    this.#lease = new Lease(systemClock, {
      renew: (sequence) => this.#link.send({ type: 'renew', sequence }),
      lost: () => this.#payloads.stopAll('the lease is lost'),
      unanswered: () => this.cut(),
    });
    this.#link = new PilotLink({
      address: { ...address, token: () => this.#token() },
      hello: () => this.#hello(),
      clock: systemClock,
      random,
      logger: createLogger('payload-pilot', { level: 'silent' }),
      events: {
        welcome: (welcome, helloAt) => this.#welcome(welcome, helloAt),
        message: (message) => this.#hear(message),
        unreadable: ({ reason }) => diary.surprises.push(`a message of the pool is unreadable: ${reason}`),
        down: () => this.#lease.disconnected(),
      },
    });
  }

  /** Works until it leaves or dies. */
  run(): Promise<void> {
    return this.#link.run(this.#life.signal);
  }

  /** Whether it holds no claim. */
  get isIdle(): boolean {
    return this.#payloads.areOver;
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
    const reason = 'its time is over';
    this.#leaving = true;
    this.#link.send({ type: 'draining', reason });
    this.#payloads.stopAll(reason);
    while (!this.isIdle) await pause(50);
    this.#link.send({ type: 'leaving', reason });
    this.#lease.stop();
    this.#life.abort();
  }

  /** Ends the process like SIGKILL: what it had to say is lost. */
  die(): void {
    this.#payloads.killAll();
    this.#lease.stop();
    this.cut();
    this.#life.abort();
  }

  async #token(): Promise<string> {
    if (this.#partitioned) throw new Error('the network is cut');
    return this.#address.token();
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
      claims: this.#payloads.claims,
    };
  }

  #welcome({ leaseSeconds, drop }: Welcome, helloAt: number): void {
    this.#lease.welcomed(leaseSeconds, helloAt);
    for (const claim of drop) this.#payloads.drop(claim);
    this.#payloads.sayAgain();
  }

  #hear(message: Exclude<PoolMessage, Welcome>): void {
    if (message.type === 'stop') this.#payloads.stop(message.claim);
    else if (message.type === 'recorded') this.#payloads.recorded(message.claim);
    else if (message.type === 'renewed') this.#lease.renewed(message.sequence);
    // Nothing would end what runs without a lease.
    else if (message.type === 'start' && this.#lease.held && !this.#life.signal.aborted)
      this.#payloads.begin(message);
  }
}
