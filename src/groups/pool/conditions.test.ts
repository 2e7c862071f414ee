import { expect, test } from 'vitest';
import { glideinPoolSpec } from '#api/glidein-pool.ts';
import { nameTooLong, noSpace } from './conditions.ts';

const named = (name: string, spec: object) => ({
  metadata: { name, namespace: 'atlas' },
  spec: glideinPoolSpec.parse(spec),
});

test('a pool whose name is too long for its pods is not ready', () => {
  expect(nameTooLong(named('a'.repeat(47), { type: 'Embedded' }))).toBeUndefined();
  expect(nameTooLong(named('a'.repeat(48), { type: 'Embedded' }))).toMatchObject({ reason: 'NameTooLong' });
});

const names = { claim: 'data-main-pool-0' };

test('a pool with a full volume is not ready, with the reason, the bytes and what to do', () => {
  const finding = noSpace({ state: 'NoSpace', freeBytes: 12 * 2 ** 20 }, names);
  expect(finding).toMatchObject({ type: 'Ready', status: 'False', reason: 'NoSpace' });
  expect(finding?.message).toContain('12Mi are free');
  expect(finding?.message).toContain('enlarge the claim data-main-pool-0');
});

test('a pool with free space, or one too old to tell, is not called full', () => {
  expect(noSpace({ state: 'Serving', freeBytes: 1 }, names)).toBeUndefined();
  expect(noSpace({}, names)).toBeUndefined();
});
