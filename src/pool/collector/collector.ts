import type { Clock } from '#base/clock.ts';
import { adFromTexts } from '#wire/ad-texts.ts';
import type { Hello } from '#wire/pilot-messages.ts';
import { Pilot, type PilotConnection } from './pilot.ts';

/** The pilots that are registered now, and since when each is silent. */
export class Collector {
  readonly #clock: Clock;
  readonly #pilots = new Map<string, Pilot>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get(uid: string): Pilot | undefined {
    return this.#pilots.get(uid);
  }

  all(): Iterable<Pilot> {
    return this.#pilots.values();
  }

  /**
   * Registers a pilot, or takes up the new connection of one that is registered. An older connection of the same
   * pilot is closed: a half-open socket must not compete with its successor.
   * @throws GlideinError InvalidExpression when its slot ad does not parse
   */
  register(hello: Hello, connection: PilotConnection): Pilot {
    const now = this.#clock.monotonic();
    const slot = adFromTexts(hello.slot);
    slot.setValue('Name', hello.name);
    slot.setValue('GLIDEIN_Group', hello.group);
    slot.setValue('GLIDEIN_Site', hello.site);
    const known = this.#pilots.get(hello.uid);
    known?.connection?.close('another connection of this pilot took over');
    const { uid, name, group, site } = hello;
    const pilot = known ?? new Pilot({ uid, name, group, site, slot }, now, 0);
    pilot.connection = connection;
    pilot.heardAt = now;
    pilot.retireAt = now + hello.retireIn * 1000;
    pilot.draining ||= hello.draining;
    this.#pilots.set(uid, pilot);
    return pilot;
  }

  /** A connection ended. The pilot stays registered: a closed socket proves nothing. */
  disconnected(uid: string, connection: PilotConnection): void {
    const pilot = this.#pilots.get(uid);
    if (pilot?.connection === connection) pilot.connection = undefined;
  }

  remove(uid: string): void {
    this.#pilots.get(uid)?.connection?.close('the pilot is gone');
    this.#pilots.delete(uid);
  }

  /** Pilots from which nothing was heard for `milliseconds`. */
  silentFor(milliseconds: number): readonly Pilot[] {
    const limit = this.#clock.monotonic() - milliseconds;
    return [...this.#pilots.values()].filter((pilot) => pilot.heardAt < limit);
  }
}
