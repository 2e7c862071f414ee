import { type SignalName, signalName } from '#base/signal-names.ts';
import type { ClassAd } from '#classad/class-ad.ts';
import { asString } from '#classad/value.ts';
import type { StopCause } from '#wire/pool-messages.ts';

/** How a job wants to be ended before its time. */
export interface Ending {
  /** The signal that asks it to end. */
  readonly signals: Readonly<Record<StopCause, SignalName>>;
  /** Seconds that it wants at most until SIGKILL. */
  readonly seconds: number | undefined;
  /** `want_graceful_removal`: otherwise a removed job is killed at once. */
  readonly isRemovedWithGrace: boolean;
}

/** As in HTCondor's starter, where each of the three is SIGTERM on its own, whatever the other two are. */
const attributes = { vacate: 'KillSig', remove: 'RemoveKillSig', hold: 'HoldKillSig' } as const;

/** @param fault makes the error for a job that cannot be read */
export function endingOf(ad: ClassAd, fault: (what: string) => Error): Ending {
  const signalOf = (attribute: string): SignalName => {
    if (!ad.has(attribute)) return 'SIGTERM';
    const written = asString(ad.evaluate(attribute)) ?? String(ad.evaluateNumber(attribute) ?? '');
    const name = signalName(written);
    if (name === undefined) throw fault(`its ${attribute} names no signal`);
    return name;
  };
  const wishes = ['JobMaxVacateTime', 'KillSigTimeout'].flatMap((name) => ad.evaluateNumber(name) ?? []);
  const seconds = Math.min(...wishes.filter((wish) => !Number.isNaN(wish)));
  return {
    signals: {
      vacate: signalOf(attributes.vacate),
      remove: signalOf(attributes.remove),
      hold: signalOf(attributes.hold),
    },
    seconds: Number.isFinite(seconds) ? Math.max(0, seconds) : undefined,
    isRemovedWithGrace: ad.evaluateBoolean('WantGracefulRemoval') ?? true,
  };
}

/**
 * The signal that a payload gets, and the milliseconds after which it is killed: as its job wishes, and never later than
 * its pilot allows.
 */
export function farewell(
  ending: Ending | undefined,
  cause: StopCause,
  most: number,
): { readonly signal: SignalName; readonly grace: number } {
  if (ending === undefined) return { signal: 'SIGTERM', grace: most };
  if (cause === 'remove' && !ending.isRemovedWithGrace) return { signal: 'SIGKILL', grace: 0 };
  const wish = ending.seconds === undefined ? most : ending.seconds * 1000;
  return { signal: ending.signals[cause], grace: Math.min(most, wish) };
}
