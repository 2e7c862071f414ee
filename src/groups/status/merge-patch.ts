/**
 * The JSON merge patch (RFC 7386) that makes `before` into `after`: null for what is gone, lists as a whole. Undefined when
 * nothing differs.
 */
export function mergePatch(before: unknown, after: object): Record<string, unknown> | undefined {
  const old = isRecord(before) ? before : {};
  const wanted = after as Record<string, unknown>;
  const patch: Record<string, unknown> = {};
  for (const key of Object.keys(old)) if (wanted[key] === undefined) patch[key] = null;
  for (const [key, value] of Object.entries(wanted)) {
    if (value === undefined) continue;
    if (isRecord(value) && isRecord(old[key])) {
      const inner = mergePatch(old[key], value);
      if (inner !== undefined) patch[key] = inner;
    } else if (!isEqual(old[key], value)) patch[key] = value;
  }
  return Object.keys(patch).length === 0 ? undefined : patch;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function isEqual(left: unknown, right: unknown): boolean {
  if (Array.isArray(left) && Array.isArray(right)) {
    return left.length === right.length && left.every((item, index) => isEqual(item, right[index]));
  }
  if (isRecord(left) && isRecord(right)) return mergePatch(left, right) === undefined;
  return left === right;
}
