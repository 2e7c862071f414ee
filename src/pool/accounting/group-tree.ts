import type { AccountingGroup } from '#spec/accounting.ts';

/** HTCondor's name for what belongs to no group. */
export const noGroup = '<none>';

/** An accounting group, or the root, which stands for all that belongs to no group. Amounts are cores. */
export interface Group {
  readonly name: string;
  readonly parent: Group | undefined;
  readonly children: Group[];
  /** Its quota in cores; undefined in the root and in groups with a `share`. */
  readonly cores: number | undefined;
  /** Its quota as a share of its parent's. */
  readonly share: number | undefined;
  /** Whether it may use what others leave unused. */
  readonly surplus: boolean;
  readonly priorityFactor: number | undefined;
  /** Used by its own submitters. */
  use: number;
  /** Used by it and by the groups within it. */
  subtreeUse: number;
}

/** The accounting groups of a pool. */
export class GroupTree {
  readonly root: Group = groupOf(noGroup, undefined, { surplus: true });
  /** The root, then each group after its parent. */
  readonly all: readonly Group[];
  readonly #byName = new Map<string, Group>();

  constructor(groups: readonly AccountingGroup[] = []) {
    const ordered = groups.toSorted((a, b) => depth(a.name) - depth(b.name));
    this.all = [this.root, ...ordered.map((spec) => this.#add(spec))];
  }

  /** Whether there is any group besides the root. */
  get hasGroups(): boolean {
    return this.#byName.size > 0;
  }

  /**
   * The group with this name, whatever its case; the nearest enclosing group that exists if there is none, as in HTCondor; and
   * the root if there is none of those either.
   */
  find(name: string | undefined): Group {
    if (name === undefined || !this.hasGroups) return this.root;
    for (let key = name.toLowerCase(); key !== ''; key = key.slice(0, Math.max(0, key.lastIndexOf('.')))) {
      const found = this.#byName.get(key);
      if (found !== undefined) return found;
    }
    return this.root;
  }

  /** The innermost group with whose name and a dot this name begins, whatever its case. */
  longestPrefix(name: string): Group | undefined {
    for (let dot = name.lastIndexOf('.'); dot > 0; dot = name.lastIndexOf('.', dot - 1)) {
      const found = this.#byName.get(name.slice(0, dot).toLowerCase());
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #add(spec: AccountingGroup): Group {
    const dot = spec.name.lastIndexOf('.');
    const parent = this.find(dot < 0 ? undefined : spec.name.slice(0, dot));
    const group = groupOf(spec.name, parent, spec);
    parent.children.push(group);
    this.#byName.set(spec.name.toLowerCase(), group);
    return group;
  }
}

/** Adds to what the submitters of a group use; negative if they use less. */
export function addUse(group: Group, cores: number): void {
  group.use = settled(group.use + cores);
  for (let each: Group | undefined = group; each !== undefined; each = each.parent)
    each.subtreeUse = settled(each.subtreeUse + cores);
}

/** Sums of fractions end at exactly 0. */
export const settled = (cores: number): number => (Math.abs(cores) < 1e-9 ? 0 : cores);

const depth = (name: string): number => name.split('.').length;

function groupOf(
  name: string,
  parent: Group | undefined,
  { cores, share, surplus, priorityFactor }: Omit<AccountingGroup, 'name'>,
): Group {
  return { name, parent, children: [], cores, share, surplus, priorityFactor, use: 0, subtreeUse: 0 };
}
