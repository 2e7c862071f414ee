import type { Clock } from '#base/clock.ts';
import type { LeaseEvents } from '#pilot/lifetime/lease.ts';
import type { PilotParts } from '#pilot/pilot-parts.ts';
import type { Core } from '#pool/core.ts';

/**
 * A mistake that is planted in the protocol, to see that it is noticed. Each replaces parts of the simulated processes; the
 * product knows nothing of it.
 */
export interface Mutation {
  /** Changes a pool that has just been opened. */
  readonly pool?: (core: Core) => void;
  /** What a pool with the mistake makes of a message of the pilot with this uid. */
  readonly hears?: (core: Core, message: Record<string, unknown>, uid: string) => void;
  /** The lease of a pilot with the mistake. */
  readonly lease?: (clock: Clock, events: LeaseEvents) => ReturnType<NonNullable<PilotParts['lease']>>;
  /** The mark of the database is put back together with the old copy. */
  readonly restoresMark?: boolean;
  /** The pool forgets how long a lease it has promised. */
  readonly forgetsPromise?: boolean;
}
