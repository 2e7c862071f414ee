import { runTimes, type UserPlan, type Workload } from './workload.ts';

/** One user's turn in a spin. */
export interface PlannedTurn {
  readonly user: UserPlan;
  /** Whether one more job may begin after `got` in this turn. */
  readonly allowsMore: (got: number) => boolean;
}

/** Whoever divides the slots. Times are cycles. */
export interface Divider {
  begins(user: UserPlan, now: number): void;
  ends(user: UserPlan, now: number): void;
  /** A cycle has passed; nothing has changed meanwhile. */
  passed?(): void;
  spin(waiting: readonly UserPlan[], now: number): readonly PlannedTurn[];
}

/** The cores that each user has in each cycle. */
export function simulate(workload: Workload, divider: Divider): Map<UserPlan, number[]> {
  const simulation = new Simulation(workload, divider);
  for (let now = 0; now < workload.cycles; now += 1) simulation.cycle(now);
  return simulation.history;
}

class Simulation {
  readonly history: Map<UserPlan, number[]>;
  readonly #workload: Workload;
  readonly #divider: Divider;
  readonly #durations: Map<UserPlan, Iterator<number, never>>;
  /** Whose jobs end, by cycle. */
  readonly #ending = new Map<number, UserPlan[]>();
  readonly #used = new Map<UserPlan, number>();
  #free: number;

  constructor(workload: Workload, divider: Divider) {
    this.#workload = workload;
    this.#divider = divider;
    this.#free = workload.cores;
    this.history = new Map(workload.users.map((user) => [user, []]));
    this.#durations = new Map(workload.users.map((user, index) => [user, runTimes(user, index)]));
  }

  cycle(now: number): void {
    if (now > 0) this.#divider.passed?.();
    for (const user of this.#ending.get(now) ?? []) {
      this.#change(user, -1);
      this.#divider.ends(user, now);
    }
    this.#ending.delete(now);
    this.#negotiate(now);
    for (const [user, used] of this.history) used.push(this.#used.get(user) ?? 0);
  }

  /** Spins until nothing begins any more. */
  #negotiate(now: number): void {
    const waiting = this.#workload.users.filter(({ from, until }) => now >= from && now < until);
    if (waiting.length === 0) return;
    let begun = 1;
    while (begun > 0 && this.#free > 0)
      begun = this.#divider.spin(waiting, now).reduce((sum, turn) => sum + this.#serve(turn, now), 0);
  }

  /** @returns how many jobs have begun */
  #serve({ user, allowsMore }: PlannedTurn, now: number): number {
    let got = 0;
    while (this.#free > 0 && allowsMore(got)) {
      const end = now + (this.#durations.get(user)?.next().value ?? 1);
      this.#ending.set(end, [...(this.#ending.get(end) ?? []), user]);
      this.#change(user, 1);
      this.#divider.begins(user, now);
      got += 1;
    }
    return got;
  }

  #change(user: UserPlan, by: 1 | -1): void {
    this.#used.set(user, (this.#used.get(user) ?? 0) + by);
    this.#free -= by;
  }
}
