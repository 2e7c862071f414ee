import type { Limit } from '#submit/attributes/concurrency-limits.ts';
import type { Autocluster } from './autocluster.ts';
import { HeldBack } from './held-back.ts';
import type { SlotNews } from './slot-news.ts';
import { Submitter } from './submitter.ts';

/** The most milliseconds of matching that a submitter can save up: one with few jobs never has to wait for its turn. */
const mostCredit = 50;

/** The part of the pool's time that is shared among all submitters who have used up their credit. */
const part = 1 / 3;

/**
 * The users whose jobs wait for slots. Divides the pool's time for matching among them, not the slots: there is no fair share,
 * which would change the order of {@link next}.
 */
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

  /** Adds an autocluster that has waiting jobs now, or that must be tried again. */
  enter(autocluster: Autocluster): void {
    let submitter = this.#byOwner.get(autocluster.owner);
    if (submitter === undefined) {
      submitter = new Submitter(mostCredit);
      this.#byOwner.set(autocluster.owner, submitter);
    }
    this.#heldBack.delete(autocluster);
    submitter.enter(autocluster);
  }

  /** Removes an autocluster without waiting jobs. */
  leave(autocluster: Autocluster): void {
    this.#heldBack.delete(autocluster);
    this.#byOwner.get(autocluster.owner)?.leave(autocluster);
  }

  /** Keeps an autocluster aside until one of these limits has room for more of its jobs. */
  holdBack(autocluster: Autocluster, limits: Iterable<Limit>): void {
    this.#heldBack.add(autocluster, limits);
  }

  /** Brings back the autoclusters that were held back by a limit which has room now. */
  letIn(hasRoom: (limit: Limit) => boolean): void {
    for (const autocluster of this.#heldBack.withRoom(hasRoom)) this.enter(autocluster);
  }

  /**
   * The autoclusters that may be tried now. Which user's turn it is follows from the age of the oldest jobs; which of the
   * user's autoclusters takes the turn, from their priority: nobody comes before others by a high priority of their own.
   */
  next(news: SlotNews): Autocluster[] {
    this.#pay();
    const queues = new Map<string, Autocluster[]>();
    for (const [owner, submitter] of this.#byOwner)
      if (submitter.credit > 0) queues.set(owner, [...submitter.next(news)].sort(lowestPriorityFirst));
    const turns = [...queues.values()].flat().sort((a, b) => ageOf(a) - ageOf(b));
    return turns.flatMap(({ owner }) => queues.get(owner)?.pop() ?? []);
  }

  /** Whether nobody else's jobs wait, nor others of the same submitter with a higher priority. */
  isFirst({ owner, priority }: Autocluster): boolean {
    for (const [other, submitter] of this.#byOwner)
      if (other === owner ? submitter.highest > priority : !submitter.isEmpty) return false;
    return true;
  }

  /** Whether a user has time left. */
  mayLook(owner: string): boolean {
    return (this.#byOwner.get(owner)?.credit ?? 0) > 0;
  }

  /** Charges the time for which an autocluster was tried. @param atAll whether it has tried all slots */
  looked(autocluster: Autocluster, milliseconds: number, atAll: boolean): void {
    const submitter = this.#byOwner.get(autocluster.owner);
    if (submitter === undefined) return;
    submitter.credit -= milliseconds;
    submitter.looked(autocluster, atAll);
  }

  /** Whether an autocluster is left to try: now, or later, once its owner has time again. */
  left(news: SlotNews): 'nothing' | 'now' | 'later' {
    const due = [...this.#byOwner.values()].filter((submitter) => submitter.isDue(news));
    if (due.length === 0) return 'nothing';
    return due.some(({ credit }) => credit > 0) ? 'now' : 'later';
  }

  /** Divides the time since the last call among the submitters who have spent some of their credit. */
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

/** So that the next one is the last. */
const lowestPriorityFirst = (a: Autocluster, b: Autocluster): number =>
  a.priority - b.priority || ageOf(b) - ageOf(a);

/** The lower, the older. */
const ageOf = ({ waiting }: Autocluster): number => waiting.oldestCluster;
