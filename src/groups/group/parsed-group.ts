import { type GlideinGroupSpec, glideinGroupSpec } from '#api/glidein-group.ts';
import type { GroupResource } from '../resources.ts';

/** A group with its specification validated and every default in it, or what is wrong with it. */
export type ParsedGroup =
  | { readonly ok: true; readonly spec: GlideinGroupSpec }
  | { readonly ok: false; readonly problem: string };

/** Objects of an informer never change, so each is parsed once. */
const parsed = new WeakMap<object, ParsedGroup>();

/** A group may have been stored under an older schema: what it says is checked again. */
export function parseGroup(group: GroupResource): ParsedGroup {
  const known = parsed.get(group.spec);
  if (known !== undefined) return known;
  const result = glideinGroupSpec.safeParse(group.spec);
  const answer: ParsedGroup = result.success
    ? { ok: true, spec: result.data }
    : {
        ok: false,
        problem: result.error.issues
          .map((issue) => `spec.${issue.path.join('.')}: ${issue.message}`)
          .join('; '),
      };
  parsed.set(group.spec, answer);
  return answer;
}
