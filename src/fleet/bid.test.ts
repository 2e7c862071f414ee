import { expect, it } from 'vitest';
import { knownFor, pilotSupply, unknownDemand } from '#testing/pool-answers.ts';
import { groupOf, policyOf } from '#testing/pressure-world.ts';
import { type BiddingGroup, bidOf } from './bid.ts';

const policy = (spec: Record<string, unknown> = {}) => ({ name: 'p', spec: policyOf(spec) });

const bidding = (name: string, more: Partial<BiddingGroup> = {}): BiddingGroup => ({
  supply: groupOf(name, { cpus: 4 }, { starting: 2, limits: { maxPilots: 10 } }),
  policy: policy(),
  pilots: [],
  decided: undefined,
  blocked: undefined,
  ...more,
});

const view = (...pilots: Parameters<typeof pilotSupply>[]) => ({
  demand: knownFor(1, ...pilots.map((each) => pilotSupply(...each))),
  site: 'here',
});

it('a bid says how many pilots more each group may get, beside those that are starting', () => {
  const { groups } = bidOf([bidding('g')], view(['a', 'g', 'Busy'], ['b', 'other', 'Busy']));
  expect(groups).toMatchObject([{ name: 'g', policy: 'p', starting: 2, headroom: 7, rank: 0 }]);
});

it('what a policy allows in all goes to its groups of higher rank first', () => {
  const ranked = policy({ maxPilots: 12, groupOrder: { mode: 'Rank', rank: '0 - Cost' } });
  const groups = ['2', '1'].map((cost) =>
    bidding(`cost${cost}`, {
      policy: ranked,
      supply: groupOf(`cost${cost}`, { cpus: 4 }, { limits: { maxPilots: 10 }, texts: { Cost: cost } }),
    }),
  );
  expect(bidOf(groups, view()).groups).toMatchObject([
    { name: 'cost2', headroom: 2, rank: -2 },
    { name: 'cost1', headroom: 10, rank: -1 },
  ]);
});

it('a group of a fixed size offers nothing, and neither does one whose policy cannot decide', () => {
  const broken = { name: 'broken', spec: { ...policyOf(), jobs: '(1' } };
  const { groups, reads } = bidOf(
    [bidding('fixed', { policy: undefined }), bidding('g', { policy: broken })],
    {
      demand: unknownDemand,
      site: 'here',
    },
  );
  expect(groups).toMatchObject([
    { name: 'fixed', policy: undefined, headroom: 0 },
    { name: 'g', headroom: 0 },
  ]);
  expect(reads).toEqual([]);
});

it('a bid lets the pool tell jobs apart by their images only for groups that prepare those of waiting jobs', () => {
  const preparing = { supply: groupOf('g', { cpus: 4 }, { prepares: 2 }) };
  const readsOf = (more: Partial<BiddingGroup>) => bidOf([bidding('g', more)], view()).reads;
  expect(readsOf({ ...preparing, policy: policy({ jobs: 'Kind == 1' }) })).toEqual([
    'kind',
    'containerimage',
    'dockerimage',
    'singularityimage',
  ]);
  expect(readsOf({})).toEqual([]);
  expect(readsOf({ ...preparing, policy: undefined })).toEqual([]);
});
