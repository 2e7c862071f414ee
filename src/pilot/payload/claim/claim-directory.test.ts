import { expect, it } from 'vitest';
import { claimDirectory } from './claim-directory.ts';

const root = (id: string, generation = 'g', epoch = 1) =>
  claimDirectory('/pilot', { generation, id, epoch }).root;

it.each(['../../etc', '..', '.', 'a/b', '', 'x\0y'])(
  "the directory of the claim %j is below the pilot's",
  (name) => {
    expect(root(name)).toMatch(/^\/pilot\/claims\/[0-9a-f]{64}$/);
    expect(root('1.0.1', name)).toMatch(/^\/pilot\/claims\/[0-9a-f]{64}$/);
  },
);

it("a claim's directory is named after the generation of its pool and its id", () => {
  expect(root('7.0.1', 'a1-b2')).toBe('/pilot/claims/a1-b2-7.0.1');
});

it('claims of two generations of a pool that have the same id never share a directory', () => {
  expect(root('7.0.1', 'a')).not.toBe(root('7.0.1', 'b'));
  expect(root('b-c', 'a')).not.toBe(root('c', 'a-b'));
});

it('claims of two epochs never share a directory, whatever their ids', () => {
  expect(root('7.0.1', 'a', 2)).not.toBe(root('7.0.1', 'a', 1));
});
