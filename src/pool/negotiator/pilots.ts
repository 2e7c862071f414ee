import type { AdTexts } from '#wire/ad-texts.ts';
import type { Hello } from '#wire/pilot-messages.ts';
import type { Collector } from '../collector/collector.ts';
import type { Pilot, PilotConnection } from '../collector/pilot.ts';
import type { Autoclusters } from './autoclusters.ts';
import type { Claims } from './claims.ts';
import type { Negotiator } from './negotiator.ts';

interface PilotsOptions {
  readonly collector: Collector;
  readonly claims: Claims;
  readonly autoclusters: Autoclusters;
  readonly negotiator: Negotiator;
}

/** Handles pilots that come and go: which attributes are significant, when jobs are matched again, and which claims are lost. */
export class Pilots {
  readonly #options: PilotsOptions;

  constructor(options: PilotsOptions) {
    this.#options = options;
  }

  /**
   * Registers a pilot that is new or has reconnected, and makes the attributes significant that its slot reads. Call `changed`
   * once it may get jobs.
   * @throws GlideinError InvalidExpression if its slot ad does not parse
   */
  register(hello: Hello, connection: PilotConnection): Pilot {
    const { collector, autoclusters } = this.#options;
    return collector.register(hello, connection, (slot) => autoclusters.learnSlot(hello.uid, slot));
  }

  /**
   * The pilot offers something else from now on; its claims stay.
   * @throws GlideinError InvalidExpression if the slot ad does not parse
   */
  slotChanged(pilot: Pilot, slot: AdTexts): void {
    const { collector, autoclusters } = this.#options;
    collector.slotChanged(pilot, slot, (ad) => autoclusters.learnSlot(pilot.facts.uid, ad));
    this.changed();
  }

  /** Call this when a pilot has come, or offers more or less than before. */
  changed(): void {
    this.#options.negotiator.wake();
  }

  /** Takes note that a connection has ended. The pilot stays registered: a closed socket proves nothing. */
  disconnected(uid: string, connection: PilotConnection): void {
    this.#options.collector.disconnected(uid, connection);
    this.changed();
  }

  /**
   * Removes a pilot whose processes are proven dead, or whose lease has expired. Its jobs run again.
   * @returns how many jobs that are, once it is durable
   */
  async lose(uid: string, reason: string): Promise<number> {
    const { claims, collector, autoclusters } = this.#options;
    const lost = claims.lose(uid, reason);
    collector.remove(uid);
    autoclusters.forget(uid);
    this.changed();
    return lost;
  }
}
