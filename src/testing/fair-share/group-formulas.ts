import type { GroupPlan, Workload } from './workload.ts';

/** The whole pool, as the group around all groups. */
export const wholePool = '';

const parentOf = (name: string): string => name.slice(0, Math.max(0, name.lastIndexOf('.')));

/** The level at which vessels of these widths, filled up to what each wants, hold an amount together. */
function waterLevel(
  amount: number,
  vessels: readonly { readonly width: number; readonly wants: number }[],
): number {
  let [low, high] = [0, 1e12];
  for (let step = 0; step < 120; step += 1) {
    const level = (low + high) / 2;
    const held = vessels.reduce((sum, { width, wants }) => sum + Math.min(wants, level * width), 0);
    if (held < amount) low = level;
    else high = level;
  }
  return high;
}

/** HTCondor's hierarchical group quotas, restated from its manual. Amounts are cores. */
export class GroupFormulas {
  readonly #groups: readonly GroupPlan[];
  readonly #quotas = new Map<string, number>();

  constructor({ groups, cores }: Pick<Workload, 'groups' | 'cores'>) {
    this.#groups = groups;
    this.#setQuotas(wholePool, cores);
  }

  #setQuotas(name: string, cores: number): void {
    this.#quotas.set(name, cores);
    const children = this.#within(name);
    const fixed = children.reduce((sum, { cores: quota = 0 }) => sum + quota, 0);
    const forShares = Math.max(0, cores - fixed);
    for (const { name: child, cores: quota, share = 0 } of children)
      this.#setQuotas(child, quota === undefined ? share * forShares : quota * Math.min(1, cores / fixed));
  }

  #within(name: string): GroupPlan[] {
    return this.#groups.filter((group) => parentOf(group.name) === name);
  }

  /** The quota of a group and of those within it. */
  quota(name: string): number {
    return this.#quotas.get(name) ?? 0;
  }

  /** What of it is for the group's own users. */
  own(name: string): number {
    return Math.max(
      0,
      this.quota(name) - this.#within(name).reduce((sum, child) => sum + this.quota(child.name), 0),
    );
  }

  /** What the users of each group may use together, surplus included, given what they use or want. */
  allocations(requested: (name: string) => number): (name: string) => number {
    const names = [wholePool, ...this.#groups.map(({ name }) => name)];
    const has = new Map(names.map((name) => [name, Math.min(requested(name), this.own(name))]));
    const unmet = (name: string): number => requested(name) - (has.get(name) ?? 0);
    const wants = (name: string): number =>
      this.#within(name)
        .filter(({ surplus }) => surplus)
        .reduce((sum, child) => sum + wants(child.name), unmet(name));
    const give = (name: string, amount: number): number => {
      const total = wants(name);
      const vessels = [
        ...this.#within(name)
          .filter(({ surplus }) => surplus)
          .map((child) => ({ name: child.name, width: this.quota(child.name), wants: wants(child.name) })),
        { name, width: this.own(name), wants: unmet(name) },
      ];
      const wide = vessels.filter(({ width }) => width > 0);
      const level = waterLevel(amount, wide);
      const narrow = vessels.filter(({ width }) => width <= 0).map((vessel) => ({ ...vessel, width: 1 }));
      const first = wide.reduce((sum, vessel) => sum + Math.min(vessel.wants, level * vessel.width), 0);
      const second = waterLevel(Math.max(0, amount - first), narrow);
      for (const { name: to, width, wants: most } of wide)
        this.#pour(has, give, { name, to }, Math.min(most, level * width));
      for (const { name: to, wants: most } of narrow)
        this.#pour(has, give, { name, to }, Math.min(most, second));
      return Math.max(0, amount - total);
    };
    const collect = (name: string): number => {
      const spare = this.#within(name).reduce(
        (sum, child) => sum + collect(child.name),
        this.own(name) - (has.get(name) ?? 0),
      );
      return spare > 0 ? give(name, spare) : 0;
    };
    collect(wholePool);
    return (name) => Math.max(has.get(name) ?? 0, this.own(name));
  }

  /** What is left for a group's users of what groups without surplus around them may use. */
  leftAround(name: string, used: (name: string) => number): number {
    let least = Number.POSITIVE_INFINITY;
    for (let around = name; around !== wholePool; around = parentOf(around)) {
      const group = this.#groups.find((each) => each.name === around);
      if (group?.surplus === false)
        least = Math.min(least, this.quota(around) - this.#usedWithin(around, used));
    }
    return least;
  }

  #pour(
    has: Map<string, number>,
    give: (name: string, amount: number) => number,
    { name, to }: { readonly name: string; readonly to: string },
    amount: number,
  ): void {
    if (amount <= 0) return;
    if (to === name) has.set(name, (has.get(name) ?? 0) + amount);
    else give(to, amount);
  }

  #usedWithin(name: string, used: (name: string) => number): number {
    return this.#within(name).reduce((sum, child) => sum + this.#usedWithin(child.name, used), used(name));
  }
}
