import type { GroupDecision } from '#pressure/decision.ts';
import type { GroupResource } from '../cluster/resources.ts';

interface Posted {
  readonly decision: GroupDecision;
  /** The epoch of the group's expectations when its supply was counted. */
  readonly epoch: number;
  consumed: boolean;
}

/** The newest decision for each group, by the group's uid. What it adds and releases is carried out once. */
export class DecisionBoard {
  readonly #posted = new Map<string, Posted>();

  /** @param epoch of the group's expectations, when the supply that this decision knows was counted */
  post(group: GroupResource, decision: GroupDecision, epoch: number): void {
    this.#posted.set(group.metadata.uid ?? '', { decision, epoch, consumed: false });
  }

  latest(group: GroupResource): GroupDecision | undefined {
    return this.#posted.get(group.metadata.uid ?? '')?.decision;
  }

  /**
   * The newest decision, to be carried out. If it was taken before, or did not know of a pod that has appeared
   * since, it comes back with nothing to do.
   */
  take(group: GroupResource, epoch: number): GroupDecision | undefined {
    const posted = this.#posted.get(group.metadata.uid ?? '');
    if (posted === undefined) return undefined;
    if (posted.consumed || posted.epoch !== epoch) return idle(posted.decision);
    posted.consumed = true;
    return posted.decision;
  }

  clear(): void {
    this.#posted.clear();
  }

  forget(uid: string): void {
    this.#posted.delete(uid);
  }
}

const idle = (decision: GroupDecision): GroupDecision => ({ ...decision, add: 0, release: [] });
