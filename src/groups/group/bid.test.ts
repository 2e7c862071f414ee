import { expect, test } from 'vitest';
import { glideinGroupSpec } from '#api/glidein-group.ts';
import type { GroupResource } from '../cluster/resources.ts';
import { GroupMemories } from '../pilots/group-memory.ts';
import { DecisionBoard } from '../policy/decision-board.ts';
import { type BidSources, bidTo } from './bid.ts';

const group: GroupResource = {
  metadata: { name: 'g', namespace: 'atlas', uid: 'u' },
  spec: glideinGroupSpec.parse({
    poolRef: { name: 'p' },
    replicas: 1,
    pilot: { cpus: 1, memory: '1Gi' },
  }),
};

const policy = { metadata: { name: 'x' }, spec: { jobs: 'Owner == "alice"' } };

function bidOf(resource: GroupResource, memories = new GroupMemories()) {
  const informers = {
    groups: { store: { indexed: () => [resource] } },
    pods: { store: { indexed: () => [] } },
    policies: { store: { get: ({ name }: { name: string }) => (name === 'x' ? policy : undefined) } },
  };
  const demandBoard = { latest: () => ({ known: false, reason: 'away', forSeconds: 0, last: undefined }) };
  const settings = { site: 'here' };
  const sources = { informers, memories, demandBoard, decisions: new DecisionBoard(), settings };
  return bidTo('atlas/p', sources as unknown as BidSources).groups[0];
}

test('the bid tells of a group whose specification is invalid, and of one that is being deleted', () => {
  const invalid = { ...group, spec: { ...group.spec, pilot: {} } } as unknown as GroupResource;
  expect(bidOf(invalid)).toMatchObject({
    name: 'g',
    blocked: expect.stringMatching(/^The specification is/),
  });
  const leaving = { ...group, metadata: { ...group.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } };
  expect(bidOf(leaving)?.blocked).toBe('The group is being deleted');
});

test('the bid cuts a long sentence, because the pool would refuse all groups for it', () => {
  const memories = new GroupMemories();
  memories.of(group).blocked = 'x'.repeat(100_000);
  expect(bidOf(group, memories)?.blocked).toHaveLength(1024);
});

test('the bid says which jobs the policy of the group counts', () => {
  expect(bidOf(group)?.jobs).toBeUndefined();
  const byPolicy = {
    ...group,
    spec: { ...group.spec, replicas: undefined, pressurePolicyRef: { name: 'x' } },
  };
  expect(bidOf(byPolicy)?.jobs).toBe('Owner == "alice"');
});

test('the bid of a blocked group carries the sentence of its conditions, so that users see it', () => {
  const memories = new GroupMemories();
  const informers = {
    groups: { store: { indexed: () => [group] } },
    pods: { store: { indexed: () => [] } },
    policies: { store: { get: () => undefined } },
  };
  const demandBoard = { latest: () => ({ known: false, reason: 'away', forSeconds: 0, last: undefined }) };
  const decisions = new DecisionBoard();
  const settings = { site: 'here' };
  const sources = { informers, memories, demandBoard, decisions, settings } as unknown as BidSources;
  expect(bidTo('atlas/p', sources).groups[0]?.blocked).toBeUndefined();
  memories.of(group).blocked = 'exceeded quota: rq; raise the ResourceQuota rq';
  expect(bidTo('atlas/p', sources).groups[0]?.blocked).toContain('raise the ResourceQuota rq');
});
