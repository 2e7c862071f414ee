import type { Clock } from '#base/clock.ts';
import { GlideinError } from '#base/error.ts';
import type { Expression } from '#classad/ast.ts';
import { ClassAd } from '#classad/class-ad.ts';
import { parseExpression } from '#classad/parser.ts';
import { isSameAd } from '#classad/same-ad.ts';
import type { AdTexts } from '#wire/ad-texts.ts';
import type { Hello } from '#wire/pilot-messages.ts';
import { ChangedPilots } from './changed-pilots.ts';
import { Pilot, type PilotConnection, type PilotFacts } from './pilot.ts';
import { slotName } from './slot-ads.ts';

type Parse = (text: string) => Expression;

/**
 * The slot ad as the pool keeps it: it knows better than the pilot whose slot it is. If it is the same as before, so is the
 * object, and what is known of it stays valid.
 */
function stampedSlot(
  texts: AdTexts,
  { name, group, site }: Pick<PilotFacts, 'name' | 'group' | 'site'>,
  { known, parse }: { readonly known: Pilot | undefined; readonly parse: Parse },
): ClassAd {
  const slot = ClassAd.fromTexts(texts, parse);
  slot.setValue('Name', slotName(name));
  slot.setValue('GLIDEIN_Group', group);
  slot.setValue('GLIDEIN_Site', site);
  return known !== undefined && isSameAd(known.facts.slot, slot) ? known.facts.slot : slot;
}

/** Seconds. A pilot might send a number so large that it would become infinite in an answer. */
const longestLife = 10 * 365 * 86_400;

/** The pilots that are registered now, and when each was last heard. */
export class Collector {
  readonly #clock: Clock;
  readonly #pilots = new Map<string, Pilot>();
  readonly #parse: Parse;
  #lastNumber = 0;
  readonly #changed = new ChangedPilots();
  /** Called when a pilot offers more or less than before, or has gone. */
  onChange: (pilot: Pilot, isThere: boolean) => void = () => {};

  /** @param parse may cache: thousands of slots have the same expressions, which are then also compiled and printed once */
  constructor(clock: Clock, parse: Parse = parseExpression) {
    this.#clock = clock;
    this.#parse = parse;
  }

  get(uid: string): Pilot | undefined {
    return this.#pilots.get(uid);
  }

  /**
   * The pilot with this uid, if another process of it is connected or holds claims: the newcomer does not hold these, and its
   * coming does not prove that the other process is dead.
   */
  twinOf({ uid, process }: Pick<Hello, 'uid' | 'process'>): Pilot | undefined {
    const pilot = this.#pilots.get(uid);
    if (pilot?.process === undefined || process === undefined || pilot.process === process) return undefined;
    return pilot.connection !== undefined || pilot.claims.size > 0 ? pilot : undefined;
  }

  /** The pilots that have come, gone, or changed in what they offer, each once; whoever is told of one need not be told again. */
  changed(): Iterable<Pilot> {
    return this.#changed.take();
  }

  all(): Iterable<Pilot> {
    return this.#pilots.values();
  }

  /**
   * Registers a pilot, or attaches the new connection of a registered one. An older connection of the same pilot is closed:
   * a half-open socket must not compete with its successor.
   * @param look called with the slot first; may refuse it by throwing
   * @throws GlideinError InvalidExpression if the slot ad does not parse; Unavailable if the pilot has said hello since
   */
  register(hello: Hello, connection: PilotConnection, look: (slot: ClassAd) => void = () => {}): Pilot {
    if (this.#isOvertaken(hello))
      throw new GlideinError('Unavailable', 'a newer connection of this pilot has said hello before');
    const now = this.#clock.monotonic();
    const { uid, name, group, site } = hello;
    const known = this.#pilots.get(uid);
    const slot = stampedSlot(hello.slot, { name, group, site }, { known, parse: this.#parse });
    look(slot);
    const facts = { uid, name, group, site, slot };
    known?.connection?.close('another connection of this pilot has taken over');
    const pilot = known ?? new Pilot(facts, now, 0, (changed) => this.#news(changed));
    this.#pilots.set(uid, pilot);
    if (known !== undefined) pilot.facts = facts;
    else pilot.number = this.#lastNumber += 1;
    pilot.connection = connection;
    pilot.process = hello.process;
    pilot.newestConnection = hello.connection ?? 0;
    pilot.disconnectedAt = undefined;
    pilot.toldNoWork = false;
    pilot.heardAt = now;
    pilot.retireAt = now + Math.min(hello.retireIn, longestLife) * 1000;
    pilot.lacks = hello.lacks;
    pilot.resumes = hello.resumes === true;
    pilot.sessions = hello.sessions;
    pilot.endAt = hello.endIn === undefined ? undefined : now + Math.min(hello.endIn, longestLife) * 1000;
    if (hello.draining) pilot.beginDrain('the pilot is draining', now);
    else if (pilot.order === 'resume') pilot.saysServing();
    return pilot;
  }

  /**
   * Takes the new slot ad of a registered pilot.
   * @param look called with the slot first; may refuse it by throwing
   * @throws GlideinError InvalidExpression if the slot ad does not parse
   */
  slotChanged(pilot: Pilot, texts: AdTexts, look: (slot: ClassAd) => void): void {
    const slot = stampedSlot(texts, pilot.facts, { known: pilot, parse: this.#parse });
    look(slot);
    pilot.facts = { ...pilot.facts, slot };
  }

  /** Whether the pilot gave this connection up and has come on a newer one: it holds other claims than this hello says. */
  #isOvertaken({ uid, process, connection }: Hello): boolean {
    const pilot = this.#pilots.get(uid);
    if (pilot === undefined || process === undefined || connection === undefined) return false;
    return pilot.process === process && connection <= pilot.newestConnection;
  }

  /** Takes note that a connection has ended. The pilot stays registered: a closed socket proves nothing. */
  disconnected(uid: string, connection: PilotConnection): void {
    const pilot = this.#pilots.get(uid);
    if (pilot?.connection !== connection) return;
    pilot.connection = undefined;
    pilot.disconnectedAt = this.#clock.monotonic();
  }

  remove(uid: string): void {
    const pilot = this.#pilots.get(uid);
    this.#pilots.delete(uid);
    pilot?.connection?.close('the pilot is gone');
    if (pilot !== undefined) pilot.connection = undefined;
  }

  #news(pilot: Pilot): void {
    this.#changed.add(pilot);
    this.onChange(pilot, this.#pilots.get(pilot.facts.uid) === pilot);
  }

  /** Pilots that have been silent for `milliseconds`. */
  silentFor(milliseconds: number): readonly Pilot[] {
    const limit = this.#clock.monotonic() - milliseconds;
    return [...this.#pilots.values()].filter((pilot) => pilot.heardAt < limit);
  }
}
