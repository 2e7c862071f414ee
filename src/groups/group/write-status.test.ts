import { expect, it } from 'vitest';
import { knownFor } from '#testing/pool-answers.ts';
import type { GroupResource } from '../cluster/resources.ts';
import { awaitsFirstAnswer } from './write-status.ts';

const group = (written: number | undefined): GroupResource =>
  ({
    metadata: { generation: 2 },
    status: { observedGeneration: written },
  }) as unknown as GroupResource;
const silentFor = (forSeconds: number) =>
  ({ known: false, reason: 'away', forSeconds, last: undefined }) as const;

it('a new leader does not report that no pilot is registered before a pool has answered', () => {
  expect(awaitsFirstAnswer(group(2), silentFor(1))).toBe(true);
});

it('a new leader writes the status once the pool answers or stays silent, or the specification has changed', () => {
  expect(awaitsFirstAnswer(group(2), silentFor(10))).toBe(false);
  expect(awaitsFirstAnswer(group(2), knownFor(1))).toBe(false);
  expect(awaitsFirstAnswer(group(1), silentFor(1))).toBe(false);
});
