import { setTimeout as pause } from 'node:timers/promises';
import type { PoolClient } from '#client/pool-client.ts';
import { randomOf } from '../random-of.ts';
import type { Diary } from './diary.ts';
import type { KilledPool } from './killed-pool.ts';
import { PayloadPilot } from './payload-pilot.ts';

interface TroubledPilotsOptions {
  readonly seed: number;
  readonly pool: KilledPool;
  readonly diary: Diary;
  readonly count: number;
  readonly leaseSeconds: number;
  /** Whether some pilots die without proof, or are cut off for so long that their leases have to expire. */
  readonly unproven: boolean;
  /** Milliseconds between troubles. */
  readonly every: number;
}

/** The longest time that most payloads take, in milliseconds. */
const workMilliseconds = 300;

/** For how much of a lease a network is cut: long enough for leases to be lost, or not. */
const longCut = 1.5;
const shortCut = 0.3;

/** Pilots that die, lose their connections, and are cut off. */
export class TroubledPilots {
  readonly #options: TroubledPilotsOptions;
  readonly #random: () => number;
  readonly #files: PoolClient;
  readonly #operator: PoolClient;
  readonly #pilots: PayloadPilot[] = [];
  readonly #leaving = new Set<PayloadPilot>();
  readonly #working: Promise<void>[] = [];
  #born = 0;
  deaths = 0;
  leaves = 0;
  partitions = 0;

  constructor(options: TroubledPilotsOptions) {
    this.#options = options;
    this.#random = randomOf(options.seed);
    this.#files = options.pool.client('pilot', 'files');
    this.#operator = options.pool.client('operator', 'site');
    for (let count = 0; count < options.count; count += 1) this.#pilots.push(this.#pilot());
  }

  /** Whether no pilot holds a claim, so nothing that was said waits for an answer. */
  get areIdle(): boolean {
    return this.#pilots.every(({ isIdle }) => isIdle);
  }

  /** Makes trouble until `enough` aborts. Resolves when the last trouble is over. */
  async trouble(enough: AbortSignal): Promise<void> {
    const busy: Promise<void>[] = [];
    while (!enough.aborted) {
      await pause(this.#random() * 2 * this.#options.every);
      busy.push(this.#one());
    }
    await Promise.all(busy);
  }

  async end(): Promise<void> {
    for (const pilot of [...this.#pilots, ...this.#leaving]) pilot.die();
    await Promise.allSettled(this.#working);
  }

  async #one(): Promise<void> {
    const { unproven, leaseSeconds } = this.#options;
    const index = Math.floor(this.#random() * this.#pilots.length);
    const pilot = this.#pilots[index];
    const kind = this.#random();
    if (pilot === undefined) return;
    if (kind < 0.5) pilot.cut();
    else if (kind < 0.6) {
      this.partitions += 1;
      await pilot.partition(this.#random() * (unproven ? longCut : shortCut) * leaseSeconds * 1000);
    } else await this.#replace(pilot, index, kind);
  }

  /** Another pilot comes; some begin anew under the old uid, and then nothing proves that the first is dead. */
  async #replace(pilot: PayloadPilot, index: number, kind: number): Promise<void> {
    if (kind < 0.65) {
      this.#pilots[index] = this.#pilot();
      this.leaves += 1;
      this.#leaving.add(pilot);
      await pilot.leave();
      this.#leaving.delete(pilot);
      return;
    }
    this.deaths += 1;
    pilot.die();
    const isProven = kind < 0.85 || !this.#options.unproven;
    this.#pilots[index] = this.#pilot(kind > 0.93 && !isProven ? pilot.uid : undefined);
    if (isProven) await this.#prove(pilot.uid);
  }

  /** The operator says that a pilot is dead, until the pool has heard it. */
  async #prove(uid: string): Promise<void> {
    const json = { reason: 'its container has ended' };
    for (;;) {
      try {
        const answer = await this.#operator.raw(`/v1/pilots/${uid}/gone`, { method: 'POST', json });
        await answer.body.dump();
        return;
      } catch {
        await pause(100);
      }
    }
  }

  #pilot(again?: string): PayloadPilot {
    const { pool, diary, seed } = this.#options;
    this.#born += 1;
    const uid = again ?? `pilot-${this.#born}`;
    const pilot = new PayloadPilot({
      uid,
      address: { url: pool.url, token: pool.token('pilot', uid) },
      client: this.#files,
      diary,
      random: randomOf(seed + this.#born),
      workMilliseconds,
    });
    this.#working.push(pilot.run());
    return pilot;
  }
}
