import { expect, it } from 'vitest';
import type { Clock } from '#base/clock.ts';
import { Lease, renewInterval } from './lease.ts';

/** A clock that moves when it is told to. */
function handClock() {
  let now = 0;
  let timers: { at: number; run: () => void }[] = [];
  const clock: Clock = {
    wall: () => now,
    monotonic: () => now,
    after(milliseconds, run) {
      const timer = { at: now + milliseconds, run };
      timers.push(timer);
      return { cancel: () => (timers = timers.filter((each) => each !== timer)) };
    },
  };
  const advance = (to: number) => {
    for (;;) {
      const due = timers.filter(({ at }) => at <= to).sort((a, b) => a.at - b.at)[0];
      if (due === undefined) break;
      timers = timers.filter((each) => each !== due);
      now = due.at;
      due.run();
    }
    now = to;
  };
  return { clock, advance };
}

function begin(leaseSeconds: number) {
  const { clock, advance } = handClock();
  const sent: { sequence: number; at: number }[] = [];
  const events: string[] = [];
  let up = true;
  const lease = new Lease(clock, {
    renew: (sequence) => {
      if (up) sent.push({ sequence, at: clock.monotonic() });
      return up;
    },
    lost: () => events.push(`lost at ${clock.monotonic()}`),
    unanswered: () => events.push(`unanswered at ${clock.monotonic()}`),
  });
  lease.welcomed(leaseSeconds, 0);
  return { lease, advance, sent, events, cut: () => (up = false) };
}

it('a lease is renewed ten times, but no more than five times a second and no less than once a minute', () => {
  expect([1_000, 100_000, 2_400_000].map(renewInterval)).toEqual([200, 10_000, 60_000]);
  const { advance, sent, lease } = begin(100);
  for (let second = 1; second <= 30; second += 1) {
    advance(second * 1_000);
    for (const { sequence } of sent) lease.renewed(sequence);
  }
  expect(sent.map(({ at }) => at)).toEqual([0, 10_000, 20_000, 30_000]);
});

it('a lease counts from when the last acknowledged renewal was sent, not from when it was answered', () => {
  const { lease, advance, sent, events, cut } = begin(100);
  advance(9_000);
  lease.renewed(1);
  advance(19_000);
  expect(sent[1]).toEqual({ sequence: 2, at: 10_000 });
  lease.renewed(2);
  cut();
  lease.disconnected();
  // Half of the lease from second 10 on, minus the margin for killing.
  advance(57_999);
  expect(events).toEqual([]);
  expect(lease.held).toBe(true);
  advance(58_000);
  expect(events).toEqual(['lost at 58000']);
  expect(lease.held).toBe(false);
});

it('an unknown or late acknowledgement does not prolong a lease', () => {
  const { lease, advance, events } = begin(100);
  advance(11_000);
  lease.renewed(2);
  lease.renewed(1);
  lease.renewed(77);
  lease.disconnected();
  advance(58_000);
  expect(events).toEqual(['lost at 58000']);
});

it('a connection is given up after three unanswered renewals', () => {
  const { advance, events } = begin(100);
  advance(29_999);
  expect(events).toEqual([]);
  advance(30_000);
  expect(events).toEqual(['unanswered at 30000']);
});

it('a new welcome starts the lease again', () => {
  const { lease, advance, events } = begin(100);
  lease.disconnected();
  advance(40_000);
  lease.welcomed(100, 39_000);
  lease.disconnected();
  advance(86_999);
  expect(events).toEqual([]);
  advance(87_000);
  expect(events).toEqual(['lost at 87000']);
});
