import type * as z from 'zod';

/** What the rules read of a group. */
interface Ruled {
  readonly name: string;
  readonly share?: number | undefined;
}

/** A rule about groups together: stated once, and checked by the API server as CEL and by this program. */
interface GroupsRule {
  readonly cel: string;
  readonly message: string;
  readonly cure: string;
  readonly field: 'name' | 'share';
  /** Whether this group breaks it. */
  readonly breaks: (group: Ruled, all: readonly Ruled[]) => boolean;
}

/** The name of the enclosing group; empty for the whole pool. */
export const parentName = (name: string): string => name.slice(0, Math.max(0, name.lastIndexOf('.')));

/** The same in CEL. */
const parentOf = (group: string): string =>
  `(${group}.name.contains('.') ? ${group}.name.substring(0, ${group}.name.lastIndexOf('.')) : '')`;

/** Sums of shares that people write as decimals are not exact. */
const whole = 1.000001;

const rules: readonly GroupsRule[] = [
  {
    cel: "self.all(g, !g.name.contains('.') || self.exists(p, p.name == g.name.substring(0, g.name.lastIndexOf('.'))))",
    message: 'the enclosing group is missing',
    cure: 'give it an entry and a quota of its own',
    field: 'name',
    breaks: ({ name }, all) => name.includes('.') && !all.some((other) => other.name === parentName(name)),
  },
  {
    cel: `self.all(g, !has(g.share) || self.filter(o, has(o.share) && ${parentOf('o')} == ${parentOf('g')}).map(o, o.share).sum() <= ${whole})`,
    message: 'the shares within one group, or within the pool, add up to more than 1',
    cure: 'write smaller ones: they are parts of what the fixed quotas beside them leave',
    field: 'share',
    breaks: ({ name, share }, all) =>
      share !== undefined &&
      all
        .filter((other) => parentName(other.name) === parentName(name))
        .reduce((sum, other) => sum + (other.share ?? 0), 0) > whole,
  },
  {
    cel: "self.all(g, self.exists_one(o, o.name.lowerAscii() == g.name.lowerAscii()) && g.name.lowerAscii() != 'nice-user')",
    message:
      'the name is taken: names that differ only in case are one group, and nice-user is that of nice_user = true',
    cure: 'give the group another name',
    field: 'name',
    breaks: ({ name }, all) =>
      name.toLowerCase() === 'nice-user' ||
      all.filter((other) => other.name.toLowerCase() === name.toLowerCase()).length > 1,
  },
];

/** A list of groups with the rules about them together; each fault has the place of its group. */
export function withGroupRules<S extends z.ZodType<Ruled[]>>(list: S): S {
  return list
    .superRefine((groups, context) => {
      if (context.issues.length > 0) return;
      for (const { message, cure, field, breaks } of rules)
        for (const [index, group] of groups.entries())
          if (breaks(group, groups))
            context.addIssue({
              code: 'custom',
              message: `${group.name}: ${message}`,
              path: [index, field],
              params: { cure },
            });
    })
    .meta({
      'x-kubernetes-validations': rules.map(({ cel, message, cure }) => ({
        rule: cel,
        message: `${message}; ${cure}`,
      })),
    });
}
