import fc from 'fast-check';
import { expect, it } from 'vitest';
import { mergePatch } from './merge-patch.ts';

const value = fc.letrec<{ node: unknown }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 3 },
    fc.nat(3),
    fc.constantFrom('a', 'b', true),
    fc.array(tie('node'), { maxLength: 2 }),
    fc.dictionary(fc.constantFrom('x', 'y', 'z'), tie('node')),
  ),
})).node;
const record = fc.dictionary(fc.constantFrom('x', 'y', 'z'), value);

/** RFC 7386, section 2. */
function apply(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const isObject = typeof target === 'object' && target !== null && !Array.isArray(target);
  const result: Record<string, unknown> = isObject ? { ...target } : {};
  for (const [key, part] of Object.entries(patch)) {
    if (part === null) delete result[key];
    else result[key] = apply(result[key], part);
  }
  return result;
}

it('a merge patch makes one object into the other, and is undefined when they are equal', () => {
  fc.assert(
    fc.property(record, record, (before, after) => {
      const patch = mergePatch(before, after);
      expect(apply(before, patch ?? {})).toEqual(after);
      expect(mergePatch(after, after)).toBeUndefined();
    }),
  );
  expect(mergePatch(undefined, { x: undefined })).toBeUndefined();
});
