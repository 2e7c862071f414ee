import type { AnnouncedPilot, Announcement, Bid, DemandAnswer, Pool } from '#backend/pool.ts';
import { type Clock, systemClock } from '#base/clock.ts';
import { GlideinError } from '#base/error.ts';
import { Announcements } from '#pool/registry/announcements.ts';
import { ChangeSignal } from '#pool/registry/change-signal.ts';

/** What a test says of the pool; where it says nothing of `known` and `missing`, they follow from the rest. */
type Said = Partial<
  Pick<DemandAnswer, 'known' | 'reason' | 'autoclusters' | 'pilots' | 'missing' | 'session'>
>;

type Call = 'demand' | 'announce' | 'gone' | 'drain';

interface ScriptedPoolOptions {
  readonly clock?: Clock;
  /** The site that asks. */
  readonly site?: string;
  /** It has just started: it does not know its pilots until the site has announced them and they are back. */
  readonly justStarted?: boolean;
}

/** Milliseconds of silence after which a site has announced nothing. */
const lease = 60_000;

const away = () => new GlideinError('Unavailable', 'no pool answers');

/**
 * The tests' pool: the port {@link Pool} in memory, where a test says what waits and who is registered. It keeps every
 * promise of the port (`pool-conformance.ts`), so whatever works with it can rely on a real pool for the same.
 */
export class ScriptedPool implements Pool {
  readonly bids: Bid[] = [];
  readonly announcements: Announcement[] = [];
  /** Uids of pilots whose death was told, as often as it was. */
  readonly gones: string[] = [];
  readonly drained: string[] = [];
  /** Questions that were answered, and such as were given up. */
  answered = 0;
  aborted = 0;
  /** No call reaches it. */
  away = false;
  /** What each question takes to be answered, in milliseconds. */
  slowness = 0;
  /** What a call fails with; undefined: it does not. */
  fails: (call: Call, uid?: string) => GlideinError | undefined = () => undefined;
  /** What is answered in place of something; for pools that break their promises. */
  instead: (bid: Bid) => Partial<DemandAnswer> = () => ({});
  /** Called after a death was taken, or a pilot was asked to leave. */
  onTold: (call: 'gone' | 'drain', uid: string) => void = () => {};
  readonly #clock: Clock;
  readonly #site: string;
  #change: ChangeSignal;
  #announced: Announcements;
  #settled: boolean;
  #isClosed = false;
  #said: () => Said = () => ({});
  #end = new AbortController();

  constructor({ clock = systemClock, site = 'here', justStarted = false }: ScriptedPoolOptions = {}) {
    this.#clock = clock;
    this.#site = site;
    this.#change = new ChangeSignal(clock);
    this.#announced = new Announcements(clock, lease);
    this.#settled = !justStarted;
  }

  /** Uids that were announced, in their order. */
  get announcedUids(): string[] {
    return this.announcements.flatMap(({ pilots }) => pilots.map(({ uid }) => uid));
  }

  /** From now on, beside what was said before; whoever waits is answered. */
  say(said: Said | (() => Said)): void {
    const before = this.#said;
    this.#said = typeof said === 'function' ? said : () => ({ ...before(), ...said });
    this.#change.changed();
  }

  /** Its process ends: who waits hears nothing more. */
  stop(): void {
    this.away = true;
    this.#end.abort(away());
    this.#end = new AbortController();
  }

  /** A new process, which has heard of nobody. */
  start(): void {
    this.away = false;
    this.#announced = new Announcements(this.#clock, lease);
    this.#change = new ChangeSignal(this.#clock);
    this.#settled = false;
  }

  async demand(bid: Bid, signal?: AbortSignal): Promise<DemandAnswer> {
    this.#check('demand', signal);
    this.bids.push(bid);
    this.#announced.renew(this.#site);
    const until = AbortSignal.any([this.#end.signal, ...(signal === undefined ? [] : [signal])]);
    signal?.addEventListener('abort', () => {
      this.aborted += 1;
    });
    if (this.slowness > 0) await this.#pause(until);
    await this.#change.wait(bid.since, bid.waitSeconds * 1000, until);
    until.throwIfAborted();
    this.#announced.renew(this.#site);
    this.answered += 1;
    return { ...this.#answer(bid), ...this.instead(bid) };
  }

  async announce(announcement: Announcement, signal?: AbortSignal): Promise<boolean> {
    this.#check('announce', signal);
    this.announcements.push(announcement);
    const taken = this.#announced.take(this.#site, { ...announcement, ...lists(announcement) });
    if (taken && announcement.complete) this.#change.changed();
    return taken;
  }

  async gone(uid: string, _reason: string, signal?: AbortSignal): Promise<void> {
    this.#check('gone', signal, uid);
    this.gones.push(uid);
    this.onTold('gone', uid);
  }

  async drain(uid: string, _reason: string, signal?: AbortSignal): Promise<void> {
    this.#check('drain', signal, uid);
    this.drained.push(uid);
    this.onTold('drain', uid);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
  }

  #check(call: Call, signal?: AbortSignal, uid?: string): void {
    signal?.throwIfAborted();
    const failure = this.away || this.#isClosed ? away() : this.fails(call, uid);
    if (failure !== undefined) throw failure;
  }

  #answer({ ask }: Bid): DemandAnswer {
    const said = this.#said();
    const { autoclusters = [], pilots = [] } = said;
    const announced = this.#announced.of(this.#site);
    const isConnected = (uid: string) => pilots.some((pilot) => pilot.uid === uid && pilot.connected);
    const isBack = ({ uid, registered }: AnnouncedPilot) => !registered || isConnected(uid);
    this.#settled ||= announced !== undefined && [...announced.pilots.values()].every(isBack);
    const missing = pilots.filter(
      ({ uid, site, state, connected }) =>
        site === this.#site && state === 'Busy' && !connected && announced?.pilots.has(uid) === false,
    );
    return {
      version: this.#change.version,
      known: this.#settled,
      ...(this.#settled ? {} : { reason: 'the pool has just started' }),
      time: Math.floor(this.#clock.wall() / 1000),
      ask,
      session: announced?.session,
      autoclusters,
      pilots,
      missing: missing.map(({ uid }) => uid),
      ...said,
    };
  }

  #pause(until: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = this.#clock.after(this.slowness, resolve);
      const abort = () => {
        timer.cancel();
        reject(until.reason);
      };
      until.addEventListener('abort', abort, { once: true });
    });
  }
}

const lists = ({ pilots, ended }: Announcement) => ({ pilots: [...pilots], ended: [...ended] });
