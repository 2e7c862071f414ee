import { expect, it } from 'vitest';
import { claimDirectory } from './claim-directory.ts';

const root = (id: string, generation = 'g') => claimDirectory('/pilot', { generation, id, epoch: 1 }).root;

it.each(['../../etc', '..', '.', 'a/b', '', 'x\0y'])('keeps the claim %j in its place', (name) => {
  expect(root(name)).toMatch(/^\/pilot\/claims\/[0-9a-f]{64}$/);
  expect(root('1.0.1', name)).toMatch(/^\/pilot\/claims\/[0-9a-f]{64}$/);
});

it('names the directory after the claim and the generation of its pool', () => {
  expect(root('7.0.1', 'a1-b2')).toBe('/pilot/claims/a1-b2-7.0.1');
});

it('two generations of a pool that gave one id never share a directory', () => {
  expect(root('7.0.1', 'a')).not.toBe(root('7.0.1', 'b'));
  expect(root('b-c', 'a')).not.toBe(root('c', 'a-b'));
});
