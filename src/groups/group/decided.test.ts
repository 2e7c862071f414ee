import { expect, it } from 'vitest';
import { glideinGroupSpec } from '#api/glidein-group.ts';
import { ClassAd } from '#classad/class-ad.ts';
import { knownFor, pilotSupply } from '#testing/pool-answers.ts';
import { GroupMemory } from '../pilots/group-memory.ts';
import type { GroupPilot } from '../pilots/observe.ts';
import type { GroupStanding } from '../pilots/supply.ts';
import { DecisionBoard } from '../policy/decision-board.ts';
import { decisionFor } from './decided.ts';

it('pilots are not made a second time because their site has got another name', () => {
  const spec = glideinGroupSpec.parse({
    poolRef: { name: 'p' },
    replicas: 2,
    pilot: { cpus: 1, memory: '1Gi' },
  });
  const heard = knownFor(1, pilotSupply('a', 'g', 'Busy'), pilotSupply('b', 'g', 'Idle'));
  const pilots = ['a', 'b'].map((uid) => ({ uid, name: `g-${uid}`, pool: 'ns/p' }) as GroupPilot);
  const { limits } = spec;
  const template = new ClassAd();
  const supply = { name: 'g', template, starting: 0, leaving: 0, suspended: false, limits };
  const standing: GroupStanding = { pilots, supply };
  const decide = (site: string, own = standing) => {
    const parts = {
      settings: { site, image: 'i', account: { namespace: 'ns', name: 'o' } },
      decisions: new DecisionBoard(),
    };
    const group = { metadata: { namespace: 'ns', name: 'g' } } as never;
    return decisionFor({ parts, group, spec, heard, memory: new GroupMemory(), poolName: 'ns/p' }, own, true)
      .add;
  };
  expect([decide('here'), decide('renamed')]).toEqual([0, 0]);
  // Those of another site are none of ours.
  expect(decide('renamed', { pilots: [], supply })).toBe(2);
});
