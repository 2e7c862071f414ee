import { setTimeout as pause } from 'node:timers/promises';
import { systemClock } from '#base/clock.ts';
import { PilotLink } from '#client/pilot-link.ts';
import { createLogger } from '#telemetry/logger.ts';
import { eventually } from '#testing/eventually.ts';
import type { ClaimRef } from '#wire/claim.ts';
import type { PoolMessage } from '#wire/pool-messages.ts';
import { protocolVersion } from '#wire/protocol.ts';
import type { MeasuredPool } from '../pool-store/measured-pool.ts';
import { realSlot } from '../pool-store/real-slot.ts';

const logger = createLogger('bench', { level: 'silent' });

/** Sockets that are opened at the same time when there is no hurry. */
const together = 100;

/** Milliseconds over which pilots come back: about what their own delays make of it after a short restart. */
const spread = 3000;

/** Pilots with the real link to their pool whose payloads run on and on. */
export class SteadyPilots {
  readonly #pool: MeasuredPool;
  readonly #slot = realSlot();
  readonly #stop = new AbortController();
  readonly #runs: Promise<void>[] = [];
  readonly #claims: ClaimRef[][] = [];
  /** Held back while the pool restarts, so that the whole rush is measured. */
  #gate: Promise<void> = Promise.resolve();
  #up = 0;
  /** Claims that the pool has dropped, and starts of claims that were known already: there should be none. */
  lost = 0;

  constructor(pool: MeasuredPool) {
    this.#pool = pool;
  }

  get up(): number {
    return this.#up;
  }

  get running(): number {
    return this.#claims.reduce((sum, { length }) => sum + length, 0);
  }

  /** Adds pilots until there are so many, and waits until each is welcome. */
  async grow(count: number): Promise<void> {
    while (this.#runs.length < count) {
      const size = Math.min(together, count - this.#runs.length);
      for (let added = 0; added < size; added += 1) await this.#add();
      await eventually(() => this.#expect(this.#up, this.#runs.length), 60_000);
    }
  }

  async runAll(jobs: number): Promise<void> {
    await eventually(() => this.#expect(this.running, jobs), 120_000);
  }

  /** Runs `restart` while nobody can come back, and lets all come back after it. Resolves when each is welcome. */
  async rush(restart: () => Promise<void>): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#gate = promise;
    await restart();
    await eventually(() => this.#expect(this.#up, 0), 60_000);
    this.#gate = Promise.resolve();
    resolve();
    await eventually(() => this.#expect(this.#up, this.#runs.length), 120_000);
  }

  async end(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#runs);
  }

  async #expect(value: number, wanted: number): Promise<void> {
    if (value !== wanted) throw new Error(`${value} of ${wanted}`);
  }

  async #add(): Promise<void> {
    const uid = `steady-${this.#runs.length}`;
    const token = await this.#pool.token('pilot', uid);
    const claims: ClaimRef[] = [];
    this.#claims.push(claims);
    let connections = 0;
    const pool = this.#pool;
    const link = new PilotLink({
      address: {
        // Each process of the pool listens at another port.
        get url() {
          return pool.url;
        },
        token: async () => {
          if (connections > 0) await this.#gate.then(() => pause(spread * Math.random()));
          return token;
        },
      },
      hello: () => {
        connections += 1;
        return {
          type: 'hello',
          protocol: protocolVersion,
          uid,
          process: uid,
          connection: connections,
          name: `pilot-${uid}`,
          group: 'bench',
          site: 'here',
          slot: this.#slot,
          retireIn: 86_400,
          draining: false,
          claims,
        };
      },
      clock: systemClock,
      random: Math.random,
      logger,
      events: {
        welcome: ({ drop }) => {
          this.#up += 1;
          this.lost += drop.length;
        },
        message: (message) => this.#heard(message, claims, link),
        unreadable: () => undefined,
        down: () => {
          this.#up -= 1;
        },
      },
    });
    this.#runs.push(link.run(this.#stop.signal));
  }

  #heard(message: PoolMessage, claims: ClaimRef[], link: PilotLink): void {
    if (message.type !== 'start') return;
    const { claim } = message;
    if (claims.some(({ id }) => id === claim.id)) this.lost += 1;
    else claims.push(claim);
    link.send({ type: 'started', claim, at: Date.now() });
  }
}
