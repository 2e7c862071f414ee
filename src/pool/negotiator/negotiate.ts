import type { Limit } from '#submit/attributes/concurrency-limits.ts';
import type { Turn } from '../accounting/turn.ts';
import type { Autocluster } from './autocluster.ts';
import { Allowance, isVain, type Served, type Serving, serve } from './serve.ts';
import type { Left, Submitters, WaitingSubmitter } from './submitters.ts';

export interface Negotiation extends Omit<Serving, 'holdBack' | 'holdBackForMemory'> {
  readonly submitters: Submitters;
  readonly limits: Serving['limits'] & { readonly hasRoom: (limit: Limit) => boolean };
  /** One spin of the pie among the submitters that have something to try. */
  readonly turns: (waiting: readonly WaitingSubmitter[]) => readonly Turn[];
  /** Called for an autocluster that cannot be matched because of a defect in its job; the others go on. */
  readonly onDefect: (autocluster: Autocluster, error: unknown) => void;
}

/** After this many milliseconds, a pass serves one more autocluster of each user who has had none yet, and ends. */
const slice = 15;

/** The milliseconds for which such an autocluster may look at slots, and those after which the pass ends in any case. */
const leastLook = 2;
const grace = 100;

/**
 * One pass over the waiting jobs: spins of turns of the submitters, as the accountant orders them; in a turn, the submitter's
 * autoclusters by priority, then by age; each gets the slots that fit, best first, until no slot fits, a limit is reached, or no
 * job waits. An autocluster that gets nothing does not stop the next ones, and neither does a submitter whose jobs take long to
 * match: see {@link MatchTime}.
 * @returns whether work is left for another pass, and whether that may follow at once or only when its owners have time again
 */
export function negotiate(negotiation: Negotiation): Left {
  const { submitters, slots, limits, turns, now } = negotiation;
  submitters.letIn((limit) => limits.hasRoom(limit), negotiation.hasMemory);
  const pass = new Pass(negotiation, now());
  // Those that have had a turn in vain since a job was granted: a quota keeps them. Their part is left to others.
  const kept = new Set<string>();
  while (!pass.isOver) {
    const waiting = submitters.waiting(slots).filter(({ submitter }) => !kept.has(submitter));
    if (waiting.length === 0) break;
    const outcome = spin(pass, waiting, turns, kept);
    if (outcome === 'paid') return submitters.left(slots);
    if (outcome === 'stuck') break;
  }
  return submitters.left(slots, kept);
}

/** @param kept receives those who had a turn in vain; emptied if others got jobs */
function spin(
  pass: Pass,
  waiting: readonly WaitingSubmitter[],
  turns: Negotiation['turns'],
  kept: Set<string>,
): 'paid' | 'progress' | 'stuck' {
  const { grants } = pass;
  const had = kept.size;
  let isProgress = false;
  const timed = pass.timed(() => turns(waiting));
  for (const turn of timed.turns) {
    if (pass.take(turn) !== 'refused') isProgress = true;
    else if (turn.limit > 0 || turn.left() <= 0) kept.add(turn.submitter);
    // Whoever has got jobs need not wait for their start until all others have looked.
    if (pass.grants > grants && timed.hasPaid()) return 'paid';
  }
  // One who has jobs under several names may have used, under one of them, what a spin had for all.
  if (pass.grants > grants) kept.clear();
  else if (!isProgress && kept.size === had) {
    for (const { submitter } of waiting) kept.add(submitter);
    return 'stuck';
  }
  return 'progress';
}

/** What has come of a turn. */
type Taken =
  /** Some autoclusters were served. */
  | 'served'
  /** None was, as the submitter may not have more. */
  | 'refused'
  /** None was, as there was no time: that of the pass, or that of the user. */
  | 'late';

class Pass {
  readonly #negotiation: Negotiation;
  readonly #until: number;
  /** By user: whoever has many submitters has no more time for that. */
  readonly #served = new Set<string>();
  /** How many turns have brought somebody a job. */
  grants = 0;

  /** @param began monotonic milliseconds */
  constructor(negotiation: Negotiation, began: number) {
    this.#negotiation = negotiation;
    this.#until = began + slice;
  }

  get isOver(): boolean {
    return this.#negotiation.now() > this.#until;
  }

  /** A spin, and whether its turns have taken as long by now as it took to work them out. */
  timed(spin: () => readonly Turn[]): { readonly turns: readonly Turn[]; readonly hasPaid: () => boolean } {
    const { now } = this.#negotiation;
    const began = now();
    const turns = spin();
    const ready = now();
    return { turns, hasPaid: () => now() - ready >= ready - began };
  }

  /** Serves a submitter for one turn. */
  take(turn: Turn): Taken {
    const { submitters, slots } = this.#negotiation;
    const allowance = new Allowance(turn);
    const autoclusters = submitters.next(turn.submitter, slots, (each) => isVain(each, this.#negotiation));
    // If there is none, all have seen by now what has changed.
    let taken: Taken = autoclusters.length === 0 ? 'served' : 'late';
    for (const autocluster of autoclusters) {
      if (!this.#mayServe(autocluster)) break;
      this.#served.add(autocluster.owner);
      const isRefused = this.#serve(autocluster, allowance) === 'turn';
      if (!isRefused) taken = 'served';
      else if (taken === 'late') taken = 'refused';
      if (isRefused) break;
    }
    if (allowance.used === 0) return taken;
    this.grants += 1;
    return 'served';
  }

  #mayServe({ owner }: Autocluster): boolean {
    const late = this.#negotiation.now() - this.#until;
    if (late > grace || (late > 0 && this.#served.has(owner))) return false;
    return this.#negotiation.submitters.mayLook(owner);
  }

  #serve(autocluster: Autocluster, allowance: Allowance): Served {
    const { submitters, now, onDefect } = this.#negotiation;
    const began = now();
    const used = allowance.used;
    let served: Served = 'all';
    try {
      const until = Math.max(this.#until, began + leastLook);
      const holdBack = submitters.holdBack.bind(submitters);
      const holdBackForMemory = submitters.holdBackForMemory.bind(submitters);
      const serving = { ...this.#negotiation, holdBack, holdBackForMemory };
      served = serve(autocluster, allowance, serving, until);
    } catch (error) {
      onDefect(autocluster, error);
      // The other jobs have yet to be tried.
      served = 'part';
    }
    // Time in which jobs were granted is not what keeps others waiting for nothing.
    submitters.looked(autocluster, served, allowance.used > used ? 0 : now() - began);
    return served;
  }
}
