import { describe, expect, it } from 'vitest';
import {
  isOver,
  newService,
  nextService,
  type RestartRule,
  type ServiceEvent,
  type ServicePhase,
  type ServiceState,
} from './service-state.ts';

const stays: RestartRule = { policy: 'OnFailure', max: 2, runsToEnd: false };
const runs: RestartRule = { ...stays, runsToEnd: true };

const start: ServiceEvent = { type: 'start' };
const ready: ServiceEvent = { type: 'ready', at: 1000 };
const unready: ServiceEvent = { type: 'unready', reason: 'no answer' };
const condemn: ServiceEvent = { type: 'condemn', reason: 'too late' };
const stop: ServiceEvent = { type: 'stop' };
const ended = (ok: boolean): ServiceEvent => ({ type: 'ended', ok, reason: `ended ${ok}`, at: 2000 });

const stateAfter = (events: readonly ServiceEvent[], rule = stays): ServiceState =>
  events.reduce((state, event) => nextService(state, event, rule), newService);

describe('a service', () => {
  it.each<[ServicePhase, boolean, readonly ServiceEvent[]]>([
    ['Waiting', false, []],
    ['Failed', false, [{ type: 'giveUp', reason: 'x' }]],
    ['Starting', false, [start]],
    ['Ready', true, [start, ready]],
    ['Unready', false, [start, ready, unready]],
    ['Ready', true, [start, ready, unready, ready]],
    ['Killing', false, [start, condemn]],
    ['Killing', false, [start, ready, condemn]],
    ['Killing', false, [start, ready, condemn, ready]],
    ['Backoff', false, [start, ready, condemn, ended(true)]],
    ['Backoff', false, [start, ready, ended(false)]],
    ['Starting', false, [start, ready, ended(false), start]],
    ['Completed', false, [start, ready, ended(true)]],
    ['Stopping', false, [start, ready, stop]],
    ['Stopped', false, [start, ready, stop, ended(false)]],
    ['Stopped', false, [start, ended(false), stop]],
    ['Stopped', false, [start, ended(false), stop, start]],
    ['Stopped', false, [stop, start]],
  ])('that stays beside payloads is %s, and usable is %s, after %o', (phase, usable, events) => {
    expect(stateAfter(events)).toMatchObject({ phase, usable });
  });

  it.each<[ServicePhase, boolean, readonly ServiceEvent[]]>([
    ['Completed', true, [start, ended(true)]],
    ['Starting', true, [start, ended(true), start]],
    ['Killing', true, [start, ended(true), start, condemn]],
    ['Backoff', false, [start, ended(true), start, condemn, ended(false)]],
    ['Backoff', false, [start, ended(false)]],
  ])('that runs to its end is %s, and usable is %s, after %o', (phase, usable, events) => {
    expect(stateAfter(events, runs)).toMatchObject({ phase, usable });
  });

  it('has failed after as many restarts in a row as it may have, and says why', () => {
    const fails = [start, ended(false)];
    expect(stateAfter([...fails, ...fails]).phase).toBe('Backoff');
    expect(stateAfter([...fails, ...fails, ...fails])).toMatchObject({
      phase: 'Failed',
      restarts: 2,
      lastFailure: 'ended false',
    });
  });

  it('begins a new row of restarts when it has been ready for long', () => {
    const fails = [start, ready, ended(false)];
    const again = [...fails, ...fails, start, ready, { type: 'steady' as const }, ended(false)];
    expect(stateAfter(again)).toMatchObject({ phase: 'Backoff', restarts: 2, row: 0 });
  });

  it.each([
    ['Never', true, 'Completed'],
    ['Never', false, 'Failed'],
    ['OnFailure', true, 'Completed'],
    ['OnFailure', false, 'Backoff'],
    ['Always', true, 'Backoff'],
    ['Always', false, 'Backoff'],
  ] as const)('with the restart policy %s that ends with success %s is %s', (policy, ok, phase) => {
    expect(stateAfter([start, ready, ended(ok)], { ...stays, policy }).phase).toBe(phase);
  });

  it('keeps the reason of its last failure while it runs again', () => {
    expect(stateAfter([start, condemn, ended(true), start, ready])).toMatchObject({
      phase: 'Ready',
      readySince: 1000,
      lastFailure: 'too late',
    });
  });

  it('is over when it has failed, is stopped, or has ended although it should stay', () => {
    expect(isOver(stateAfter([start, ready, ended(true)]), false)).toBe(true);
    expect(isOver(stateAfter([start, ended(true)], runs), true)).toBe(false);
    expect(isOver(stateAfter([stop]), true)).toBe(true);
  });
});
