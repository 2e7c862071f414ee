import type { Deaths } from '#backend/deaths.ts';
import type { Clock } from '#base/clock.ts';
import type { KubeClient } from '#kube/client.ts';
import { pods } from '#kube/resource.ts';

/** How long a pool must have been asking about a pilot without a pod before it is taken for dead, milliseconds. */
const grace = 60_000;

interface AbsentPodsOptions {
  /** `NAMESPACE/NAME` of the pool; its pilots are in its namespace. */
  readonly pool: string;
  readonly client: Pick<KubeClient, 'list'>;
  /** Uids of the pool's pilots whose pods the informer has. */
  readonly present: () => ReadonlySet<string>;
  /** Whether the pod was seen being deleted by force, so that nobody has proved that its processes are dead. */
  readonly wasForced: (uid: string) => boolean;
  readonly deaths: Deaths;
  readonly clock: Clock;
}

/**
 * Proves the death of pilots that ended while no operator watched. The API server removes a pod once its kubelet has
 * reported that its containers have ended. So a uid of this cluster is dead if it is missing from a complete list that was
 * requested after the pool had been asking for a while; but one that was seen being deleted by force waits for its lease.
 */
export class AbsentPods {
  readonly #options: AbsentPodsOptions;
  /** When the pool began to ask for a uid, monotonic milliseconds. */
  readonly #askedSince = new Map<string, number>();
  #isLooking = false;

  constructor(options: AbsentPodsOptions) {
    this.#options = options;
  }

  /** The pool asks about these. @throws KubeError when the API server does not answer */
  async asked(missing: readonly string[], signal: AbortSignal): Promise<void> {
    const { clock, deaths, wasForced } = this.#options;
    const now = clock.monotonic();
    const present = missing.length === 0 ? new Set() : this.#options.present();
    const uids = new Set(missing);
    for (const uid of this.#askedSince.keys()) if (!uids.has(uid)) this.#askedSince.delete(uid);
    const absent = missing.filter((uid) => !deaths.isKnown(uid) && !present.has(uid) && !wasForced(uid));
    for (const uid of absent) if (!this.#askedSince.has(uid)) this.#askedSince.set(uid, now);
    const due = absent.filter((uid) => now - (this.#askedSince.get(uid) ?? now) >= grace);
    if (due.length === 0 || this.#isLooking) return;
    this.#isLooking = true;
    try {
      await this.#look(due, signal);
    } finally {
      this.#isLooking = false;
    }
  }

  async #look(uids: readonly string[], signal: AbortSignal): Promise<void> {
    const { pool, client, deaths } = this.#options;
    const [namespace = ''] = pool.split('/');
    const { items } = await client.list(pods, { namespace }, signal);
    const present = new Set(items.map(({ metadata }) => metadata.uid));
    for (const uid of uids) {
      if (!present.has(uid)) deaths.note(uid, pool, 'the API server no longer has a pod for this pilot');
    }
  }
}
