import { expect, test } from 'vitest';
import { glideinPoolSpec } from '#api/glidein-pool.ts';
import { refusal } from './refusal.ts';

const named = (name: string, spec: object) => ({
  metadata: { name, namespace: 'atlas' },
  spec: glideinPoolSpec.parse(spec),
});

test('refuses a name of which no pod could be made', () => {
  expect(refusal(named('a'.repeat(47), { type: 'Embedded' }))).toBeUndefined();
  expect(refusal(named('a'.repeat(48), { type: 'Embedded' }))).toMatchObject({ reason: 'NameTooLong' });
});
