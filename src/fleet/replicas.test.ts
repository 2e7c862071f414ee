import { expect, it } from 'vitest';
import { groupOf, pilotOf } from '#testing/pressure-world.ts';
import { fixedDecision, fixedWhileUnknown } from './replicas.ts';

const size = { cpus: 4 };
const idle = (uid: string) => pilotOf(uid, 'g', 'Idle', size);
const busy = (uid: string) => pilotOf(uid, 'g', 'Busy', size);
const draining = (uid: string) => pilotOf(uid, 'g', 'Draining', size);

it('a group with replicas adds the missing pilots, counting those that are starting', () => {
  const decision = fixedDecision(groupOf('g', size, { starting: 1 }), 4, [idle('a')]);
  expect(decision).toEqual({
    group: 'g',
    wanted: 4,
    add: 2,
    release: [],
    reason: 'replicas asks for 4: 2 more pilots',
    limits: [],
  });
});

it('a group with replicas releases superfluous idle pilots, never busy ones', () => {
  const decision = fixedDecision(groupOf('g', size), 1, [busy('a'), idle('b'), busy('c')]);
  expect(decision).toMatchObject({
    add: 0,
    release: ['b'],
    reason: 'replicas asks for 1: 1 idle pilot may go',
  });
  expect(fixedDecision(groupOf('g', size), 0, [busy('a')]).release).toEqual([]);
});

it('a group with replicas keeps its limits and names them; draining pilots count, and starting ones are pending', () => {
  const full = groupOf('g', size, { limits: { maxPilots: 3 } });
  expect(fixedDecision(full, 5, [draining('a'), idle('b')])).toMatchObject({
    wanted: 3,
    add: 1,
    reason: 'replicas asks for 5: 1 more pilot, held back by limits.maxPilots (3)',
    limits: [{ name: 'limits.maxPilots', value: 3, count: 3 }],
  });
  const slow = groupOf('g', size, { starting: 1, limits: { maxPending: 2 } });
  expect(fixedDecision(slow, 5, [])).toMatchObject({
    add: 1,
    limits: [{ name: 'limits.maxPending', value: 2, count: 3 }],
  });
});

it('a suspended group with replicas releases all its pilots', () => {
  const decision = fixedDecision(groupOf('g', size, { suspended: true }), 2, [busy('a'), draining('b')]);
  expect(decision).toMatchObject({
    wanted: 0,
    add: 0,
    release: ['a'],
    reason: 'replicas asks for 2, but the group is suspended',
  });
});

it('a group with replicas does nothing while it is unknown which pilots there are', () => {
  expect(fixedWhileUnknown(groupOf('g', size), 5, 'no answer')).toMatchObject({
    wanted: 5,
    add: 0,
    release: [],
    reason: expect.stringContaining('unknown (no answer)'),
  });
});

it('a group with replicas replaces a pilot out of contact, as far as its limits allow', () => {
  const lost = { ...idle('lost'), connected: false };
  expect(fixedDecision(groupOf('g', size), 2, [lost, idle('a')])).toMatchObject({ add: 1, release: [] });
  const full = groupOf('g', size, { limits: { maxPilots: 2 } });
  expect(fixedDecision(full, 2, [lost, idle('a')])).toMatchObject({ add: 0, release: [] });
});
