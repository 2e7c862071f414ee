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
