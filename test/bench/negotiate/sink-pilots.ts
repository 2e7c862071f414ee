import assert from 'node:assert/strict';
import type { Resources } from '#match/resources.ts';
import type { PilotConnection } from '#pool/collector/pilot.ts';
import type { Core } from '#pool/core.ts';
import { pilotMessage } from '#wire/pilot-messages.ts';
import { readMessage } from '#wire/read-message.ts';
import type { MeasuredSlot } from './slots.ts';

/** A job that a pilot was told to start. */
export interface Told {
  readonly uid: string;
  readonly at: number;
}

/**
 * Pilots whose connections swallow what the pool says. They go through the pool's own registration; only sockets are missing,
 * whose cost is measured elsewhere.
 */
export class SinkPilots {
  readonly #core: Core;
  readonly #slots: readonly MeasuredSlot[];
  readonly #connections = new Map<string, PilotConnection>();
  /** Called for each `start`, which the pool sends once the claim is durable. */
  onStart: (told: Told) => void = () => {};
  starts = 0;
  lastStart = 0;

  constructor(core: Core, slots: readonly MeasuredSlot[]) {
    this.#core = core;
    this.#slots = slots;
  }

  /**
   * All of them come, or come back, in one turn, so that the pool's next pass is over all of them.
   * @returns milliseconds that it took
   */
  comeAll(): number {
    const began = performance.now();
    for (const slot of this.#slots) this.#come(slot);
    return performance.now() - began;
  }

  goAll(): void {
    for (const [uid, connection] of this.#connections) this.#core.pilots.disconnected(uid, connection);
  }

  /** The payload of a pilot's newest claim has started and ended; resolves once that is durable. */
  async endNewest(uid: string): Promise<void> {
    const { collector, queue, claims } = this.#core;
    const pilot = collector.get(uid);
    const id = [...(pilot?.claims.keys() ?? [])].at(-1) ?? '';
    const claim = queue.claimed(id)?.claim?.ref;
    // Its jobs may all be ending already.
    if (pilot === undefined || claim === undefined) return;
    const now = Date.now();
    claims.started(pilot, claim, now);
    await claims.finished(pilot, {
      type: 'finished',
      claim,
      outcome: { kind: 'exited', exitCode: 0 },
      startedAt: now,
      endedAt: now,
      usage: { wallSeconds: 0.01, cpuSeconds: 0.01, memoryPeakBytes: 1_048_576 },
      outputs: [],
    });
  }

  #come({ uid, hello }: MeasuredSlot): void {
    const read = readMessage(pilotMessage, hello());
    assert.ok(read.ok && read.message.type === 'hello');
    const held = this.#core.queue.heldBy(uid).map((job) => job.claim.ref);
    const connection = this.#connectionOf(uid);
    const pilot = this.#core.pilots.register({ ...read.message, claims: held }, connection);
    this.#core.claims.reconcile(pilot, held).resend();
    this.#connections.set(uid, connection);
  }

  #connectionOf(uid: string): PilotConnection {
    return {
      send: () => {},
      sendPrinted: (message) => {
        if (!message.startsWith('{"type":"start"')) return;
        this.starts += 1;
        this.lastStart = performance.now();
        this.onStart({ uid, at: this.lastStart });
      },
      close: () => {},
    };
  }
}

/** What a slot has taken before the measurement begins. */
export const takenOf = (slots: readonly MeasuredSlot[]): readonly (readonly [string, Resources])[] =>
  slots.flatMap(({ uid, taken }) => (taken === undefined ? [] : [[uid, taken] as const]));
