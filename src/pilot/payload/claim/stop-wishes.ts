import { type SignalName, signalName } from '#base/signals.ts';
import type { ClassAd } from '#classad/class-ad.ts';
import { asString } from '#classad/value.ts';
import type { StopCause } from '#wire/pool-messages.ts';

/** How a job wants to be stopped before it ends by itself. */
export interface StopWishes {
  /** The signal that asks it to end, by the cause of the stop. */
  readonly signals: Readonly<Record<StopCause, SignalName>>;
  /** The longest time in seconds that it wants between the signal and SIGKILL. */
  readonly seconds: number | undefined;
  /** `want_graceful_removal`: otherwise a removed job is killed at once. */
  readonly isRemovedWithGrace: boolean;
}

/** As in HTCondor's starter, each of the three is SIGTERM unless it is set, whatever the other two are. */
const attributes = { vacate: 'KillSig', remove: 'RemoveKillSig', hold: 'HoldKillSig' } as const;

/** @param fault makes the error for a job that cannot be read */
export function stopWishesOf(ad: ClassAd, fault: (what: string) => Error): StopWishes {
  const signalOf = (attribute: string): SignalName => {
    if (!ad.has(attribute)) return 'SIGTERM';
    const written = asString(ad.evaluate(attribute)) ?? String(ad.evaluateNumber(attribute) ?? '');
    const name = signalName(written);
    if (name === undefined) throw fault(`its ${attribute} does not name a signal`);
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
 * The signal that a payload gets, and the milliseconds after which it is killed: as its job wishes, but never longer
 * than its pilot allows.
 * @param wishes undefined: the job has not been read yet
 * @param most milliseconds that the pilot allows
 */
export function howToStop(
  wishes: StopWishes | undefined,
  cause: StopCause,
  most: number,
): { readonly signal: SignalName; readonly grace: number } {
  if (wishes === undefined) return { signal: 'SIGTERM', grace: most };
  if (cause === 'remove' && !wishes.isRemovedWithGrace) return { signal: 'SIGKILL', grace: 0 };
  const wish = wishes.seconds === undefined ? most : wishes.seconds * 1000;
  return { signal: wishes.signals[cause], grace: Math.min(most, wish) };
}
