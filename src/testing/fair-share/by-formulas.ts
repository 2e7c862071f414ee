import { GroupFormulas, wholePool } from './group-formulas.ts';
import type { Divider, PlannedTurn } from './simulate.ts';
import type { UserPlan, Workload } from './workload.ts';

/** More than anybody can get. */
const plenty = 1e6;

/** The group of a user; the whole pool if there is none. */
export const groupOf = ({ submitter }: UserPlan): string =>
  submitter.slice(0, Math.max(0, submitter.lastIndexOf('.'))) || wholePool;

/**
 * HTCondor's formulas, restated from its manual as simply as they can be, for comparison: slow, and without anything of the
 * accountant.
 */
export class Formulas implements Divider {
  readonly #workload: Workload;
  readonly #groups: GroupFormulas;
  readonly #use = new Map<UserPlan, number>();
  readonly #priority = new Map<UserPlan, number>();
  readonly #lastUse = new Map<UserPlan, number>();

  constructor(workload: Workload) {
    this.#workload = workload;
    this.#groups = new GroupFormulas(workload);
  }

  begins(user: UserPlan, now: number): void {
    this.#use.set(user, this.#useOf(user) + 1);
    this.#lastUse.set(user, now);
  }

  ends(user: UserPlan, now: number): void {
    this.#use.set(user, this.#useOf(user) - 1);
    this.#lastUse.set(user, now);
  }

  /** π(t) = β·π(t − δ) + (1 − β)·ρ, with a cycle as δ. */
  passed(): void {
    const beta = 0.5 ** (1 / this.#workload.halfLife);
    for (const user of this.#workload.users)
      this.#priority.set(user, Math.max(0.5, beta * this.#real(user) + (1 - beta) * this.#useOf(user)));
  }

  spin(waiting: readonly UserPlan[]): readonly PlannedTurn[] {
    const names = [...new Set(waiting.map(groupOf))];
    const requested = (name: string) => this.#usedBy(name) + (names.includes(name) ? plenty : 0);
    const used = (name: string) => this.#usedBy(name);
    const allocated =
      this.#workload.groups.length === 0
        ? () => Number.POSITIVE_INFINITY
        : this.#groups.allocations(requested);
    return names
      .sort((a, b) => this.#starvation(a) - this.#starvation(b))
      .flatMap((name) => {
        const most = allocated(name);
        const left = () => Math.max(0, Math.min(most - used(name), this.#groups.leftAround(name, used)));
        return this.#turns(
          waiting.filter((user) => groupOf(user) === name),
          { limit: used(name) + left(), left },
        );
      });
  }

  #turns(users: readonly UserPlan[], group: { readonly limit: number; left(): number }): PlannedTurn[] {
    const pie = Math.min(this.#workload.cores, group.limit);
    const best = Math.max(...users.map((user) => this.#effective(user)));
    const whole = users.reduce((sum, user) => sum + best / this.#effective(user), 0);
    const left = group.left();
    return users
      .map((user) => {
        const slice = (best / this.#effective(user) / whole) * pie;
        const limit = Math.max(0, Math.min(slice - this.#useOf(user), left));
        return { user, limit, starvation: this.#useOf(user) / (this.#useOf(user) + limit || 1) };
      })
      .sort(
        (a, b) =>
          this.#effective(a.user) - this.#effective(b.user) ||
          a.starvation - b.starvation ||
          (this.#lastUse.get(a.user) ?? -1) - (this.#lastUse.get(b.user) ?? -1) ||
          (a.user.submitter < b.user.submitter ? -1 : 1),
      )
      .map(({ user, limit }) => ({
        user,
        allowsMore: (got) => {
          const rest = group.left();
          if (limit <= 0 || rest <= 1e-9) return false;
          return got === 0 || (got + 1 <= limit + 1e-9 && rest >= 1 - 1e-9);
        },
      }));
  }

  #starvation(name: string): number {
    if (name === wholePool) return Number.POSITIVE_INFINITY;
    const quota = this.#groups.own(name);
    return quota > 0 ? this.#usedBy(name) / quota : Number.MAX_VALUE;
  }

  #usedBy(name: string): number {
    return this.#workload.users
      .filter((user) => groupOf(user) === name)
      .reduce((sum, user) => sum + this.#useOf(user), 0);
  }

  #useOf(user: UserPlan): number {
    return this.#use.get(user) ?? 0;
  }

  #real(user: UserPlan): number {
    return this.#priority.get(user) ?? 0.5;
  }

  #effective(user: UserPlan): number {
    return this.#real(user) * user.factor;
  }
}
