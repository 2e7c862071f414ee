import { expect, test } from 'vitest';
import { glideinPoolSpec } from '#api/glidein-pool.ts';
import { refusal } from './refusal.ts';

const named = (name: string, spec: object) => ({
  metadata: { name, namespace: 'atlas' },
  spec: glideinPoolSpec.parse(spec),
});

test('says of types that are not supported yet what to write instead', () => {
  const remote = { type: 'Remote', remote: { address: 'https://elsewhere:9618', site: 'here' } };
  const condor = { type: 'HTCondor', htcondor: { collectors: ['cm.example'], trustDomain: 'example' } };
  for (const spec of [remote, condor]) {
    expect(refusal(named('main', spec))).toMatchObject({
      type: 'Ready',
      status: 'False',
      reason: 'NotSupportedYet',
      message: expect.stringContaining('write type: Embedded'),
    });
  }
});

test('refuses a name of which no pod could be made', () => {
  expect(refusal(named('a'.repeat(47), { type: 'Embedded' }))).toBeUndefined();
  expect(refusal(named('a'.repeat(48), { type: 'Embedded' }))).toMatchObject({ reason: 'NameTooLong' });
});
