import type { Autocluster } from './autocluster.ts';
import type { Bucket } from './bucket.ts';
import type { FreeSlots } from './free-slots.ts';
import { Sleepers } from './sleepers.ts';

/** Submitters with no more autoclusters than this learn at once which buckets are nothing for them. */
const few = 4;

/** What has changed in a bucket, as far as somebody has not heard of it. */
export interface News {
  readonly bucket: Bucket;
  /** All changes up to this number are known. */
  readonly since: number;
  /** See {@link FreeSlots.generation}. */
  readonly generation: number;
}

/**
 * The autoclusters of one submitter that have tried all slots, and fit none.
 *
 * Whoever sleeps has seen all changes that its submitter has heard of, whatever its `lookedThrough` says: either they came before
 * it fell asleep, or they made no difference to it.
 */
export class SleepingAutoclusters {
  readonly #sleepers = new Sleepers<Autocluster>();
  readonly #onNew: () => void;

  /** @param onNew called when one falls asleep of which nothing is known yet */
  constructor(onNew: () => void) {
    this.#onNew = onNew;
  }

  add(autocluster: Autocluster): void {
    if (this.#sleepers.add(autocluster)) this.#onNew();
  }

  /** It tries slots without being woken. */
  delete(autocluster: Autocluster): void {
    this.#sleepers.delete(autocluster);
  }

  /** It has no waiting jobs any more. */
  forget(autocluster: Autocluster): void {
    this.#sleepers.forget(autocluster);
  }

  /** Whether what has changed in a bucket might help anybody now, or may never help anybody whatever changes. */
  hear(news: News): 'now' | 'not now' | 'never' {
    if (!this.#isNews(news)) return 'not now';
    for (const autocluster of this.#sleepers.of(news.bucket))
      if (this.#mayHelp(autocluster, news)) return 'now';
    return this.#sleepers.areExcluded(news.bucket) ? 'never' : 'not now';
  }

  /** Those whom the changes after a number might help. They sleep on. */
  *stirred(slots: FreeSlots, since: number): Generator<Autocluster, undefined> {
    const { generation } = slots;
    const news = slots.bucketsSince(since).filter((bucket) => this.#isNews({ bucket, since, generation }));
    const found = new Set<Autocluster>();
    for (const bucket of news)
      for (const autocluster of this.#sleepers.of(bucket)) {
        if (!this.#mayHelp(autocluster, { bucket, since, generation })) continue;
        if (bucket.isFull) autocluster.verdicts.want(bucket.number);
        // Most often a single bucket has changed.
        if (news.length > 1) {
          if (found.has(autocluster)) continue;
          found.add(autocluster);
        }
        yield autocluster;
      }
  }

  /** It has seen all changes up to a number, and tries slots again. */
  wake(autocluster: Autocluster, since: number): void {
    this.#sleepers.delete(autocluster);
    autocluster.lookedThrough = Math.max(since, autocluster.lookedThrough);
  }

  /** Most often, somebody has got by now what was free, and nobody has to be asked. */
  #isNews({ bucket, since }: News): boolean {
    return bucket.isFull ? this.#areFew : bucket.hasNews(since);
  }

  get #areFew(): boolean {
    return this.#sleepers.size <= few;
  }

  /**
   * Others may have got what was free, before anybody has asked whether the slots of this bucket are anything for the autocluster.
   * Where few sleep, it is asked then: otherwise very many submitters with one autocluster each would be stirred again and again.
   * Where many sleep, that would cost more than to stir their submitter.
   */
  #mayHelp(autocluster: Autocluster, { bucket, since, generation }: News): boolean {
    const { verdicts } = autocluster;
    verdicts.begin(generation);
    if (bucket.isFull) return this.#areFew && verdicts.isNew(bucket.number);
    if (!bucket.mayFit(autocluster, Math.max(since, autocluster.lookedThrough))) return false;
    if (!verdicts.isNone(bucket.number)) return true;
    this.#sleepers.exclude(autocluster, bucket);
    return false;
  }
}
