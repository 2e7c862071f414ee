import { expect, it } from 'vitest';
import { glideinGroupSpec } from '#api/glidein-group.ts';
import { pressurePolicySpec } from '#api/pressure-policy.ts';
import { knownFor, pilotSupply, unknownDemand } from '#testing/pool-answers.ts';
import { decideByPolicy, decideByReplicas, supplyOf } from './decide.ts';

const spec = glideinGroupSpec.parse({
  poolRef: { name: 'p' },
  replicas: 2,
  pilot: { cpus: 4, memory: '4Gi' },
  limits: { maxPilots: 3 },
});
const supply = supplyOf('g', spec, { starting: 0, leaving: 0 }, 'x64');
const demand = knownFor(1, pilotSupply('a', 'g', 'Busy'), pilotSupply('b', 'g', 'Idle'));
const own = new Map([
  ['a', 'g'],
  ['b', 'g'],
]);

it('the supply of a group is what it counts, with the template and the limits of its specification', () => {
  const counted = supplyOf('g', { ...spec, suspend: true }, { starting: 2, leaving: 1 }, 'x64');
  expect(counted).toMatchObject({
    name: 'g',
    starting: 2,
    leaving: 1,
    suspended: true,
    limits: { maxPilots: 3 },
  });
  expect(counted.template.evaluateNumber('Cpus')).toBe(4);
});

it('a group with replicas counts its pilots under the site’s former name, and none of another site', () => {
  expect(decideByReplicas(2, supply, { demand, site: 'here' }).add).toBe(0);
  expect(decideByReplicas(2, supply, { demand, site: 'renamed', own }).add).toBe(0);
  expect(decideByReplicas(2, supply, { demand, site: 'renamed' }).add).toBe(2);
});

it('a group with replicas creates and removes nothing while its pool is unknown', () => {
  const decision = decideByReplicas(9, supply, { demand: unknownDemand, site: 'here' });
  expect(decision).toMatchObject({ wanted: 3, add: 0, release: [] });
  expect(decision.reason).toContain('(away)');
});

it('a policy decides for the groups of a pool, and creates nothing while the pool is unknown', () => {
  const policy = { name: 'p', spec: pressurePolicySpec.parse({ reserve: 1 }) };
  const empty = knownFor(1);
  expect(
    decideByPolicy(policy, [supply], { demand: empty, site: 'here' }, undefined).groups[0],
  ).toMatchObject({
    group: 'g',
    add: 1,
  });
  const unknown = decideByPolicy(policy, [supply], { demand: unknownDemand, site: 'here' }, undefined);
  expect(unknown.groups[0]).toMatchObject({ add: 0, release: [] });
});
