import type { Turn } from '#pool/accounting/turn.ts';
import type { WaitingSubmitter } from '#pool/negotiator/submitters.ts';
import type { Scene } from '../negotiation-scene.ts';

/** The accountant's turns, but each user may be kept to a number of cores, as by a quota. */
export class CappedTurns {
  readonly #scene: Scene;
  readonly #caps = new Map<string, number>();

  constructor(scene: Scene) {
    this.#scene = scene;
    const { turns } = scene;
    scene.turns = (waiting: readonly WaitingSubmitter[]) => turns(waiting).map((turn) => this.#capped(turn));
  }

  /** @param cores undefined: as many as there are */
  set(owner: string, cores: number | undefined): void {
    if (cores === undefined) this.#caps.delete(owner);
    else this.#caps.set(owner, cores);
  }

  /** The cores that a user may still get. */
  left(owner: string): number {
    const cap = this.#caps.get(owner);
    if (cap === undefined) return Number.POSITIVE_INFINITY;
    const { queue } = this.#scene;
    let left = cap;
    for (const uid of queue.claimants())
      for (const { cluster, claim } of queue.heldBy(uid))
        if (cluster.owner === owner) left -= claim.takes.cpus;
    return left;
  }

  #capped(turn: Turn): Turn {
    const { submitter, limit } = turn;
    const owner = submitter.slice(submitter.lastIndexOf('.') + 1);
    return { submitter, limit, left: () => Math.min(turn.left(), this.left(owner)) };
  }
}
