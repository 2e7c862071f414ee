import type { IncomingMessage } from 'node:http';
import type { Clock } from '#base/clock.ts';
import { isCode } from '#base/error.ts';
import type { AuditKind } from '#wire/audit.ts';
import type { Identity } from '../auth/tokens.ts';
import type { Store } from '../store/store.ts';
import { type About, Act } from './act.ts';
import { type Doer, doerOf } from './doer.ts';
import { Repeats } from './repeats.ts';
import type { TrustedProxies } from './trusted-proxies.ts';

/** The most refusals of different kinds that are told one by one in a minute. */
const mostRefusals = 100;

interface AuditTrailOptions {
  readonly store: Pick<Store, 'audit'>;
  readonly clock: Clock;
  readonly proxies: TrustedProxies;
  /** Whether a record finds room on the disk now. */
  readonly hasRoom: () => boolean;
  /** Awaits a record, but fails with NoSpace while the disk is full or once it has become full. */
  readonly orFull: (recorded: Promise<void>) => Promise<void>;
  /** For records that nobody waits for. */
  readonly inBackground: (work: Promise<unknown>) => void;
}

/** What an act was. */
interface Told {
  readonly about: About;
  /** The job that it concerned. */
  readonly owned?: Owned | undefined;
}

/** Acts that are alike. */
interface Kind extends Told {
  readonly doer: Doer;
  readonly what: AuditKind;
}

/** Of which the first one is on the disk once this has resolved. */
interface Recorded {
  readonly doer: Doer;
  readonly what: AuditKind;
  told: Told;
  recorded: Promise<void>;
}

/** A job that an act concerns, and whose it is. */
export interface Owned {
  readonly owner: string;
  readonly cluster: number;
  readonly proc: number;
}

/**
 * Who did what. Acts that change jobs are recorded in the commit that changes them; others before they take effect, and what is
 * read many times in a row, or refused many times, is told once and then counted.
 */
export class AuditTrail {
  readonly #options: AuditTrailOptions;
  readonly #reads: Repeats<Recorded>;
  readonly #refusals: Repeats<Kind>;
  /** When the last refusals were told one by one: the oldest first. */
  #refusedAt: number[] = [];

  constructor(options: AuditTrailOptions) {
    this.#options = options;
    this.#reads = new Repeats(options.clock, ({ about: { told, ...kind }, ...more }) =>
      this.#tell({ ...kind, ...told }, more),
    );
    this.#refusals = new Repeats(options.clock, ({ about, ...more }) => this.#tell(about, more));
  }

  /** Who sent a request, and from where. */
  doer(request: Pick<IncomingMessage, 'headers' | 'socket'>, identity: Identity | undefined): Doer {
    return doerOf(request, identity, this.#options.proxies);
  }

  /** Begins an act. Whoever begins it hands it on with what it changes, and ends it. */
  begin(doer: Doer, what: AuditKind, about: About = {}): Act {
    return new Act({ doer, what, about, at: this.#options.clock.wall() });
  }

  /** A whole act, which the caller hands on with what it changes. */
  whole(doer: Doer, what: AuditKind, about: About = {}): Act {
    const act = this.begin(doer, what, about);
    act.end();
    return act;
  }

  /**
   * Resolves when an act is on the disk that changes nothing there. Let it take effect after that. On a full disk it does not
   * wait: pilots can be drained then, and whoever fetches results makes room.
   */
  async record(doer: Doer, what: AuditKind, about: About = {}, owned?: Owned): Promise<void> {
    const recorded = this.#options.store.audit(this.#actOf({ doer, what, about, owned }));
    this.#options.inBackground(recorded);
    await this.#options.orFull(recorded).catch((error: unknown) => {
      if (!isCode(error, 'NoSpace')) throw error;
    });
  }

  /** Ends an act of which parts are recorded; resolves when nothing of it is missing on the disk. */
  async end(act: Act): Promise<void> {
    act.end();
    await this.#options.store.audit(act);
  }

  /**
   * The same for what is often done many times in a row.
   * @param name what acts of this kind have in common
   * @param look what it is; asked for the first one
   */
  async read(doer: Doer, what: AuditKind, name: string, look: () => Told | Promise<Told>): Promise<void> {
    const kind = JSON.stringify([what, doer.subject, doer.issuer, doer.from, name]);
    const { recorded } = this.#reads.count(kind, () => this.#first(doer, what, look));
    try {
      await recorded;
    } catch (error) {
      // Nothing was told, so the next one must not be counted with it.
      this.#reads.forget(kind);
      throw error;
    }
  }

  #first(doer: Doer, what: AuditKind, look: () => Told | Promise<Told>): Recorded {
    const first: Recorded = { doer, what, told: { about: {} }, recorded: Promise.resolve() };
    first.recorded = (async () => {
      first.told = await look();
      await this.record(doer, what, first.told.about, first.told.owned);
    })();
    return first;
  }

  /** Something was refused. Nobody waits for that, and however many there are, few records come of it. */
  denied(doer: Doer, what: AuditKind, about: About, owned?: Owned): void {
    const name = JSON.stringify([what, doer.subject, doer.issuer, doer.from]);
    if (this.#mayTellRefusal())
      this.#refusals.count(name, () =>
        this.#refused({ doer, what, about: { ...about, denied: true }, owned }),
      );
    else this.#refusals.count('', () => this.#refused(others));
  }

  /** Records what has been counted. */
  close(): void {
    this.#reads.close();
    this.#refusals.close();
  }

  #mayTellRefusal(): boolean {
    const minuteAgo = this.#options.clock.monotonic() - 60_000;
    this.#refusedAt = this.#refusedAt.filter((at) => at > minuteAgo);
    return this.#refusedAt.length < mostRefusals && !this.#refusals.isFull;
  }

  #refused(kind: Kind): Kind {
    this.#refusedAt.push(this.#options.clock.monotonic());
    this.#tell(kind);
    return kind;
  }

  #tell({ about, ...kind }: Kind, more: Pick<About, 'times' | 'firstAt'> = {}): void {
    if (!this.#options.hasRoom()) return;
    const act = this.#actOf({ ...kind, about: { ...about, ...more } });
    this.#options.inBackground(this.#options.store.audit(act));
  }

  #actOf({ doer, what, about, owned }: Kind): Act {
    const act = this.begin(doer, what, about);
    if (owned !== undefined) act.did(owned.owner, owned);
    act.end();
    return act;
  }
}

/** Refusals that have no records of their own. */
const others: Kind = { doer: {}, what: 'request', about: { denied: true, object: 'many clients' } };
