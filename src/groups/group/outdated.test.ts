import { expect, test } from 'vitest';
import type { Phase } from '#fleet/phase.ts';
import type { GroupPilot } from '../pilots/observe.ts';
import { olderOnes } from './outdated.ts';

const pilot = (phase: Phase, made?: string) => {
  const annotations = made === undefined ? {} : { 'glidein.dev/digest': made };
  return { phase, pod: { metadata: { name: 'g-1', annotations } } as GroupPilot['pod'] };
};

test('busy pilots that take jobs with the specification of before an edit are told of', () => {
  const pilots = [pilot('Busy', 'old'), pilot('Busy', 'new'), pilot('Idle', 'old'), pilot('Busy')];
  expect(olderOnes(pilots, 'new')).toBe('; 1 busy pilot runs an older specification until idle');
  expect(olderOnes([...pilots, pilot('Busy', 'older')], 'new')).toContain('2 busy pilots run an older');
  expect(olderOnes([pilot('Busy', 'new')], 'new')).toBe('');
  // While none could be made, nobody knows of what.
  expect(olderOnes(pilots, undefined)).toBe('');
});
