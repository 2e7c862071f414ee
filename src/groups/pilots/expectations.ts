import type { ReservedNumbers } from '#api/glidein-group-status.ts';
import { isReserved, nothingReserved, type Reservation, reserve, withoutSeen } from '../pods/numbers.ts';

/** How long the informer may take to show a pod that the API server has confirmed, milliseconds. */
const patience = 30_000;

/**
 * Pods of a group that are being created and that the informer does not show yet, by their numbers (Kubernetes' own
 * controllers call this expectations). They count as starting.
 *
 * | a number is | event                                                          | and then    |
 * |-------------|----------------------------------------------------------------|-------------|
 * | free        | it is chosen for a new pilot                                   | expected    |
 * | expected    | its pod is shown                                               | seen        |
 * | expected    | its pod was not created, or nobody knows                       | free        |
 * | expected    | the API server has the pod                                     | confirmed   |
 * | confirmed   | its pod is shown                                               | seen        |
 * | confirmed   | it was not shown for a while, and the API server has it        | free        |
 * | confirmed   | … and the API server has it no more                            | used up     |
 * | expected    | its name belongs to something else                             | used up     |
 * | used up     | the status does not reserve it any more                        | forgotten   |
 *
 * **Gotchas.** The informer may show a pod before the API server has answered the request that created it, and a request
 * without an answer may still be carried out later: that is why its number is used again instead of a new one.
 */
export class Expectations {
  readonly #expected = new Set<number>();
  /** When the API server confirmed the pod of an expected number; monotonic milliseconds. */
  readonly #confirmed = new Map<number, number>();
  /** Numbers that can no longer be used although they have no visible pod. */
  readonly #usedUp = new Set<number>();
  #epoch = 0;
  #verified: string | undefined;

  get count(): number {
    return this.#expected.size;
  }

  /** Grows whenever a pod appears that was not expected: earlier decisions did not know of it. */
  get epoch(): number {
    return this.#epoch;
  }

  /** Expected pods that are not among those `seen`. */
  unseen(seen: ReadonlySet<number | undefined>): number {
    return [...this.#expected].filter((number) => !seen.has(number)).length;
  }

  /**
   * Chooses numbers for `count` new pilots, and says what the status has to reserve for them.
   * @param seen the numbers of pods that there are
   */
  choose(
    reserved: ReservedNumbers | undefined,
    seen: ReadonlySet<number | undefined>,
    count: number,
  ): Reservation {
    const durable = reserved ?? nothingReserved;
    const known = withoutSeen(durable, (number) => seen.has(number) || this.#usedUp.has(number));
    const taken = new Set([
      ...this.#expected,
      ...this.#usedUp,
      ...[...seen].filter((each) => each !== undefined),
    ]);
    // What the durable status shows to be used up need not be remembered here as well.
    for (const number of this.#usedUp) {
      if (number < durable.next && !isReserved(durable, number)) this.#usedUp.delete(number);
    }
    return reserve(known, count, taken);
  }

  expect(numbers: readonly number[]): void {
    for (const number of numbers) this.#expected.add(number);
  }

  /** The API server has the pod. The informer may have shown it before this answer came. */
  confirm(number: number, now: number): void {
    if (this.#expected.has(number)) this.#confirmed.set(number, now);
  }

  /** As far as anybody knows, no pod was created under these: they may be used again. */
  free(numbers: readonly number[]): void {
    for (const number of numbers) this.#expected.delete(number);
  }

  useUp(number: number): void {
    this.#expected.delete(number);
    this.#confirmed.delete(number);
    this.#usedUp.add(number);
  }

  /** A pod appeared. @param number undefined if its name has another form */
  arrived(number: number | undefined): void {
    if (number === undefined || !this.#expected.delete(number)) this.#epoch += 1;
    else this.#confirmed.delete(number);
  }

  /** Numbers that were confirmed long ago and whose pods were never shown. */
  overdue(now: number): readonly number[] {
    return [...this.#confirmed].filter(([, at]) => now - at >= patience).map(([number]) => number);
  }

  /** The pod of an overdue number turned out to exist, or to have gone before anybody saw it. */
  settle(number: number, exists: boolean): void {
    this.#expected.delete(number);
    this.#confirmed.delete(number);
    if (!exists) this.#usedUp.add(number);
  }

  /** Whether the informer's pods were compared with the API server's while these numbers were reserved. */
  isVerified(reserved: ReservedNumbers | undefined): boolean {
    return this.#verified === textOf(reserved);
  }

  /** They were. Earlier decisions may have been made without some of the pods. */
  verify(reserved: ReservedNumbers | undefined): void {
    this.#verified = textOf(reserved);
    this.#epoch += 1;
  }

  /** This process wrote the reserved numbers, and nobody else did in between: the comparison still holds. */
  rewrote(before: ReservedNumbers | undefined, after: ReservedNumbers | undefined): void {
    if (this.isVerified(before)) this.#verified = textOf(after);
  }
}

const textOf = (reserved: ReservedNumbers = nothingReserved): string => JSON.stringify(reserved);
