import type { Deaths } from '#backend/deaths.ts';
import type { Pod } from '#kube/resource.ts';
import type { Change } from '#kube/store.ts';
import type { Informers } from '../cluster/informers.ts';
import { endReason, proofOfDeath } from '../pods/end.ts';
import { isPilot, poolOfPilot } from '../pods/pilot-pods.ts';
import { podState } from '../pods/state.ts';

/** How many pods deleted by force are remembered; the oldest are forgotten first. */
const mostForced = 20_000;

/** Watches how pilots' pods end, even while another process leads: this one may have to prove it later. */
export class PodDeaths {
  readonly #informers: Pick<Informers, 'pods' | 'groups'>;
  readonly #deaths: Deaths;
  readonly #forced = new Set<string>();
  /** The pools of pods by uid, for pods that do not record theirs and whose groups may be gone when they end. */
  readonly #pools = new Map<string, string>();

  constructor(informers: Pick<Informers, 'pods' | 'groups'>, deaths: Deaths) {
    this.#informers = informers;
    this.#deaths = deaths;
    informers.pods.onChange((change) => this.#see(change));
  }

  /** Whether the pod was deleted before anybody had reported that its containers ended. */
  wasForced(uid: string): boolean {
    return this.#forced.has(uid);
  }

  #see(change: Change<Pod>): void {
    const { object: pod } = change;
    const uid = pod.metadata.uid;
    if (uid === undefined || !isPilot(pod)) return;
    const pool = poolOfPilot(pod, this.#informers.groups.store) ?? this.#pools.get(uid);
    if (pool !== undefined) this.#pools.set(uid, pool);
    const { runtime } = podState(pod);
    const proof = proofOfDeath(pod);
    if (proof !== undefined && pool !== undefined) {
      this.#deaths.note(uid, pool, runtime.state === 'Ended' ? `${proof}: ${endReason(pod)}` : proof);
    }
    if (change.type !== 'deleted') return;
    this.#pools.delete(uid);
    if (proof === undefined && !change.missed) this.#force(uid);
  }

  #force(uid: string): void {
    this.#forced.add(uid);
    const [oldest] = this.#forced;
    if (this.#forced.size > mostForced && oldest !== undefined) this.#forced.delete(oldest);
  }
}
