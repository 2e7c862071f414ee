import { expect, it } from 'vitest';
import { knownFor } from '#testing/pool-answers.ts';
import type { GroupContext } from './context.ts';
import { awaitsFirstAnswer } from './first-answer.ts';

const group = (written: number | undefined): GroupContext['group'] =>
  ({
    metadata: { generation: 2 },
    status: { observedGeneration: written },
  }) as unknown as GroupContext['group'];
const silentFor = (forSeconds: number) =>
  ({ known: false, reason: 'away', forSeconds, last: undefined }) as const;

it('a new leader does not write that no pilot is registered before any pool has answered it', () => {
  expect(awaitsFirstAnswer({ heard: silentFor(1), group: group(2) })).toBe(true);
});

it('a status is written when the pool stays silent, when it answers, and when the last one is of an older specification', () => {
  expect(awaitsFirstAnswer({ heard: silentFor(10), group: group(2) })).toBe(false);
  expect(awaitsFirstAnswer({ heard: knownFor(1), group: group(2) })).toBe(false);
  expect(awaitsFirstAnswer({ heard: silentFor(1), group: group(1) })).toBe(false);
});
