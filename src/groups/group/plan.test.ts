import { expect, it } from 'vitest';
import { glideinGroupSpec } from '#api/glidein-group.ts';
import { ClassAd } from '#classad/class-ad.ts';
import type { Phase } from '#fleet/phase.ts';
import { knownFor, pilotSupply } from '#testing/pool-answers.ts';
import type { GroupPilot } from '../pilots/observe.ts';
import type { SuppliedGroup } from '../pilots/supply.ts';
import { DecisionBoard } from '../policy/decision-board.ts';
import { olderOnes, takeDecision } from './plan.ts';

it('renaming a site does not create its pilots a second time', () => {
  const spec = glideinGroupSpec.parse({
    poolRef: { name: 'p' },
    replicas: 2,
    pilot: { cpus: 1, memory: '1Gi' },
  });
  const demand = knownFor(1, pilotSupply('a', 'g', 'Busy'), pilotSupply('b', 'g', 'Idle'));
  const pilots = ['a', 'b'].map((uid) => ({ uid, name: `g-${uid}`, pool: 'ns/p' }) as GroupPilot);
  const { limits } = spec;
  const template = new ClassAd();
  const supply = { name: 'g', template, starting: 0, leaving: 0, suspended: false, limits };
  const supplied: SuppliedGroup = { pilots, supply };
  const decide = (site: string, own = supplied) => {
    const services = {
      settings: { site, image: 'i', account: { namespace: 'ns', name: 'o' } },
      decisions: new DecisionBoard(),
    };
    const group = { metadata: { namespace: 'ns', name: 'g' } } as never;
    return takeDecision({ group, spec, demand, poolName: 'ns/p' }, own, { epoch: 0 }, services, true).add;
  };
  expect([decide('here'), decide('renamed')]).toEqual([0, 0]);
  // Those of another site are none of ours.
  expect(decide('renamed', { pilots: [], supply })).toBe(2);
});

const madeFrom = (phase: Phase, made?: string) => {
  const annotations = made === undefined ? {} : { 'glidein.dev/digest': made };
  return { phase, pod: { metadata: { name: 'g-1', annotations } } as GroupPilot['pod'] };
};

it('the plan mentions busy pilots that still run an older specification', () => {
  const pilots = [
    madeFrom('Busy', 'old'),
    madeFrom('Busy', 'new'),
    madeFrom('Idle', 'old'),
    madeFrom('Busy'),
  ];
  expect(olderOnes(pilots, 'new')).toBe('; 1 busy pilot runs an older specification until idle');
  expect(olderOnes([...pilots, madeFrom('Busy', 'older')], 'new')).toContain('2 busy pilots run an older');
  expect(olderOnes([madeFrom('Busy', 'new')], 'new')).toBe('');
  // While none could be made, nobody knows of what.
  expect(olderOnes(pilots, undefined)).toBe('');
});
