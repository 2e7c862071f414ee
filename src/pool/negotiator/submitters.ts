import type { Limit } from '#submit/attributes/concurrency-limits.ts';
import type { Autocluster } from './autocluster.ts';
import { HeldBack } from './held-back.ts';
import type { SlotNews } from './slot-news.ts';
import { Submitter } from './submitter.ts';

/** Milliseconds of matching that a submitter may save up: whoever has few jobs never waits for its turn. */
const mostCredit = 50;

/** Of the pool's time, the part that all who have more to match than that share among them. */
const part = 1 / 3;

/** Who waits for slots, and how much of the pool's time is spent on the jobs of each. */
export class Submitters {
  readonly #byOwner = new Map<string, Submitter>();
  readonly #heldBack = new HeldBack();
  readonly #now: () => number;
  #paid: number;

  /** @param now monotonic milliseconds */
  constructor(now: () => number) {
    this.#now = now;
    this.#paid = now();
  }

  /** The autocluster has waiting jobs now, or must be looked at again all the same. */
  enter(autocluster: Autocluster): void {
    let submitter = this.#byOwner.get(autocluster.owner);
    if (submitter === undefined) {
      submitter = new Submitter(mostCredit);
      this.#byOwner.set(autocluster.owner, submitter);
    }
    this.#heldBack.delete(autocluster);
    submitter.enter(autocluster);
  }

  /** None of its jobs waits any more. */
  leave(autocluster: Autocluster): void {
    this.#heldBack.delete(autocluster);
    this.#byOwner.get(autocluster.owner)?.leave(autocluster);
  }

  /** Slots would take more of its jobs if one of these limits left room for that. */
  holdBack(autocluster: Autocluster, limits: Iterable<Limit>): void {
    this.#heldBack.add(autocluster, limits);
  }

  /** What a limit held back that has room now is to be looked at again. */
  letIn(hasRoom: (limit: Limit) => boolean): void {
    for (const autocluster of this.#heldBack.withRoom(hasRoom)) this.enter(autocluster);
  }

  /** What may be looked at now: highest priority first, then by the age of the oldest job. */
  next(news: SlotNews): Autocluster[] {
    this.#pay();
    const next: Autocluster[] = [];
    for (const submitter of this.#byOwner.values()) {
      if (submitter.credit > 0) next.push(...submitter.next(news));
    }
    return next.sort((a, b) => b.priority - a.priority || ageOf(a) - ageOf(b));
  }

  /** Whether a user has time left. */
  mayLook(owner: string): boolean {
    return (this.#byOwner.get(owner)?.credit ?? 0) > 0;
  }

  /** It has looked at slots for so many milliseconds: at all that there are, or not yet at all. */
  looked(autocluster: Autocluster, milliseconds: number, atAll: boolean): void {
    const submitter = this.#byOwner.get(autocluster.owner);
    if (submitter === undefined) return;
    submitter.credit -= milliseconds;
    submitter.looked(autocluster, atAll);
  }

  /** Whether something is left to look at: at once, or once its owner has time again. */
  left(news: SlotNews): 'nothing' | 'now' | 'later' {
    const due = [...this.#byOwner.values()].filter((submitter) => submitter.isDue(news));
    if (due.length === 0) return 'nothing';
    return due.some(({ credit }) => credit > 0) ? 'now' : 'later';
  }

  /** Gives those who have spent some of their time their shares of what has gone by. */
  #pay(): void {
    const now = this.#now();
    const share = (now - this.#paid) * part;
    this.#paid = now;
    const spent = [...this.#byOwner.values()].filter(({ credit }) => credit < mostCredit);
    for (const submitter of spent)
      submitter.credit = Math.min(mostCredit, submitter.credit + share / spent.length);
    for (const [owner, { isEmpty, credit }] of this.#byOwner)
      if (isEmpty && credit === mostCredit) this.#byOwner.delete(owner);
  }
}

function ageOf({ waiting }: Autocluster): number {
  const [oldest] = waiting;
  return oldest?.cluster.id ?? 0;
}
