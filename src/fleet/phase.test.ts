import { expect, it } from 'vitest';
import { unknownDemand } from '#testing/pool-answers.ts';
import { countPhases, isStarting, type ObservedPilot, phaseOf, phases, type RuntimeState } from './phase.ts';

const pilot = (runtime: RuntimeState, registered?: ObservedPilot['registered']): ObservedPilot => ({
  uid: 'u',
  name: 'n',
  runtime,
  registered,
  forMilliseconds: 0,
  demand: unknownDemand,
});

it.each([
  [{ state: 'Unscheduled' }, undefined, 'Unscheduled'],
  [{ state: 'Pulling' }, undefined, 'Pulling'],
  [{ state: 'Starting' }, undefined, 'Starting'],
  [{ state: 'Running' }, undefined, 'Validating'],
  [{ state: 'Running' }, 'Idle', 'Idle'],
  [{ state: 'Running' }, 'Busy', 'Busy'],
  [{ state: 'Running' }, 'Draining', 'Draining'],
  [{ state: 'Terminating' }, 'Busy', 'Draining'],
  [{ state: 'Terminating' }, undefined, 'Draining'],
  [{ state: 'Ended', failed: false, reason: '' }, 'Idle', 'Gone'],
  [{ state: 'Ended', failed: true, reason: '' }, undefined, 'Failed'],
] as const)('a pilot in %j of which the pool says %s is %s', (runtime, registered, phase) => {
  expect(phaseOf(pilot(runtime, registered))).toBe(phase);
});

it('pilots that will offer slots and do not yet count as starting', () => {
  expect(phases.filter(isStarting)).toEqual(['Unscheduled', 'Pulling', 'Starting', 'Validating']);
});

it('phases are counted, except those without a pilot', () => {
  const all = [
    pilot({ state: 'Running' }),
    pilot({ state: 'Running' }, 'Idle'),
    pilot({ state: 'Running' }, 'Idle'),
  ];
  expect(countPhases(all)).toEqual({ Validating: 1, Idle: 2 });
});
