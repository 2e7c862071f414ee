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

/** What the coming and going of pilots means for the jobs: which attributes are significant, what is matched anew, what is lost. */
export class Pilots {
  readonly #options: PilotsOptions;

  constructor(options: PilotsOptions) {
    this.#options = options;
  }

  /**
   * A pilot registers or comes back: what its slot asks of jobs becomes significant. Call `changed` when it may get jobs.
   * @throws GlideinError InvalidExpression when its slot ad does not parse
   */
  register(hello: Hello, connection: PilotConnection): Pilot {
    const { collector, autoclusters } = this.#options;
    return collector.register(hello, connection, (slot) => autoclusters.learnSlot(hello.uid, slot));
  }

  /** One came, offers more, or offers less. */
  changed(): void {
    this.#options.negotiator.wake();
  }

  /** A connection ended. The pilot stays registered: a closed socket proves nothing. */
  disconnected(uid: string, connection: PilotConnection): void {
    this.#options.collector.disconnected(uid, connection);
    this.changed();
  }

  /**
   * The processes of a pilot are dead for certain, or its lease is over: it is forgotten, and its jobs run again.
   * @returns how many these are, once that is durable
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
