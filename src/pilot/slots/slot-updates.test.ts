import { beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '#testing/manual-clock.ts';
import { SlotUpdates } from './slot-updates.ts';

describe('updates of a slot', () => {
  const slots = Array.from({ length: 4 }, (_, index) => ({ Number: String(index) }));
  let clock: ManualClock;
  let now = 0;
  let isUp = true;
  let sent: string[];
  let updates: SlotUpdates;

  beforeEach(() => {
    clock = new ManualClock();
    [now, isUp, sent] = [0, true, []];
    updates = new SlotUpdates({
      clock,
      slot: () => slots[now]!,
      send: ({ Number: number }) => {
        if (isUp) sent.push(number!);
        return isUp;
      },
    });
  });

  const change = (to: number) => {
    now = to;
    updates.changed();
  };

  it('are sent at once, and nothing is sent that the hello has said', () => {
    updates.greet();
    updates.welcomed(true);
    expect(sent).toEqual([]);
    change(1);
    expect(sent).toEqual(['1']);
  });

  it('are sent after the welcome if the slot has changed since the hello', () => {
    updates.greet();
    change(1);
    expect(sent).toEqual([]);
    updates.welcomed(true);
    expect(sent).toEqual(['1']);
  });

  it('come at most once a second, and the last one is never left out', () => {
    updates.greet();
    updates.welcomed(true);
    change(1);
    change(2);
    change(3);
    expect(sent).toEqual(['1']);
    clock.advance(1000);
    expect(sent).toEqual(['1', '3']);
    expect(clock.timers).toBe(0);
  });

  it('are left out if the slot is again what the pool knows', () => {
    updates.greet();
    updates.welcomed(true);
    change(1);
    change(2);
    change(1);
    clock.advance(1000);
    expect(sent).toEqual(['1']);
  });

  it('are not sent to a pool that does not understand them, whose next hello says the slot', () => {
    updates.greet();
    updates.welcomed(false);
    change(1);
    expect(sent).toEqual([]);
    updates.disconnected();
    expect(updates.greet()).toBe(slots[1]);
  });

  it('wait for the next connection when there is none', () => {
    updates.greet();
    updates.welcomed(true);
    isUp = false;
    change(1);
    updates.disconnected();
    change(2);
    isUp = true;
    expect(updates.greet()).toBe(slots[2]);
    updates.welcomed(true);
    expect(sent).toEqual([]);
  });
});
