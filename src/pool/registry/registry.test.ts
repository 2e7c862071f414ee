import { describe, expect, it } from 'vitest';
import { createLogger } from '#telemetry/logger.ts';
import { ManualClock } from '#testing/manual-clock.ts';
import type { Bid } from '#wire/bid.ts';
import { Bidders } from './bidders.ts';
import { Bids } from './bids.ts';
import { ChangeSignal } from './change-signal.ts';

describe('the signal of change', () => {
  const never = new AbortController().signal;

  it('a signal of change answers at once to whoever is behind, and wakes all others at a change', async () => {
    const signal = new ChangeSignal(new ManualClock());
    await signal.wait(undefined, 1000, never);
    await signal.wait(signal.version - 1, 1000, never);
    const waiters = [signal.wait(signal.version, 1000, never), signal.wait(signal.version, 1000, never)];
    const before = signal.version;
    signal.changed();
    await Promise.all(waiters);
    expect(signal.version).toBe(before + 1);
  });

  it('a signal of change counts from beyond every version of an earlier life of its pool', () => {
    const clock = new ManualClock();
    const earlier = new ChangeSignal(clock);
    for (let change = 0; change < 500; change += 1) earlier.changed();
    clock.advance(1);
    expect(new ChangeSignal(clock).version).toBeGreaterThan(earlier.version);
  });

  it('a wait for a change ends at its time-out and at its abort, and leaves no timer of either', async () => {
    const clock = new ManualClock();
    const signal = new ChangeSignal(clock);
    const gone = new AbortController();
    const waiters = [
      signal.wait(signal.version, 1000, never),
      signal.wait(signal.version, 5000, gone.signal),
    ];
    clock.advance(1000);
    gone.abort();
    await Promise.all(waiters);
    await signal.wait(signal.version, 1000, gone.signal);
    expect(clock.timers).toBe(0);
  });
});

describe('bidders', () => {
  const bid = (): Bid => ({ groups: [], waitSeconds: 0 });

  it('a bid counts for a minute after it was made', () => {
    const clock = new ManualClock();
    const bidders = new Bidders(clock);
    bidders.put('a', bid());
    clock.advance(30_000);
    bidders.put('b', bid());
    expect(bidders.current().map(({ site, heardSecondsAgo }) => [site, heardSecondsAgo])).toEqual([
      ['a', 30],
      ['b', 0],
    ]);
    clock.advance(30_000);
    expect(bidders.current().map(({ site }) => site)).toEqual(['b']);
  });

  it('a bid is renewed only while its site has made no other', () => {
    const clock = new ManualClock();
    const bidders = new Bidders(clock);
    const [old, fresh] = [bid(), bid()];
    bidders.put('a', old);
    bidders.put('a', fresh);
    clock.advance(10_000);
    bidders.renew('a', old);
    expect(bidders.current()[0]?.heardSecondsAgo).toBe(10);
    bidders.renew('a', fresh);
    expect(bidders.current()[0]?.heardSecondsAgo).toBe(0);
  });
});

describe('bids', () => {
  it('the end of a site’s lease is told at once, so that others get its share within a minute', () => {
    const clock = new ManualClock();
    const bidders = new Bidders(clock);
    const lapses: number[] = [];
    const forgotten: string[] = [];
    const bids = new Bids({
      autoclusters: { learn: () => {}, forget: (asker) => forgotten.push(asker) },
      bidders,
      clock,
      logger: createLogger('pool', { level: 'silent' }),
      onLapse: () => lapses.push(clock.monotonic()),
    });
    const bid = { groups: [], waitSeconds: 0 };
    clock.advance(25_000);
    bids.take('a', bid);
    bids.take('b', bid);
    clock.advance(30_000);
    bidders.renew('b', bid);
    clock.advance(29_999);
    expect(lapses).toEqual([]);
    clock.advance(1);
    expect([lapses, forgotten]).toEqual([[85_000], ['site:a']]);
    clock.advance(30_000);
    expect(lapses).toEqual([85_000, 115_000]);
    bids.close();
    expect(clock.timers).toBe(0);
  });
});

describe('announcements', () => {
  const pilot = (uid: string) => ({ uid, name: uid, group: 'g', registered: false });
  const first = { session: 's1', complete: true, pilots: [pilot('a'), pilot('b')], ended: [] };

  it('an announcement that continues a series adds and ends pilots, and may come twice', () => {
    const bidders = new Bidders(new ManualClock());
    expect(bidders.announce('here', first)).toBe(true);
    const more = { session: 's1', complete: false, pilots: [pilot('c')], ended: ['a'] };
    expect([bidders.announce('here', more), bidders.announce('here', more)]).toEqual([true, true]);
    expect([...(bidders.announcedBy('here')?.pilots.keys() ?? [])]).toEqual(['b', 'c']);
    expect(bidders.announced('there', 'b')).toBeUndefined();
  });

  it('a part of a series that the pool does not know is not taken for the whole', () => {
    const bidders = new Bidders(new ManualClock());
    const part = { session: 's1', complete: false, pilots: [pilot('c')], ended: [] };
    expect(bidders.announce('here', part)).toBe(false);
    expect(bidders.announcedBy('here')).toBeUndefined();
  });

  it('a late announcement of a former leader changes nothing of what the present one said', () => {
    const bidders = new Bidders(new ManualClock());
    bidders.announce('here', first);
    bidders.announce('here', { session: 's2', complete: true, pilots: [pilot('new')], ended: [] });
    const late = { session: 's1', complete: false, pilots: [], ended: ['new'] };
    expect(bidders.announce('here', late)).toBe(false);
    expect(bidders.announcedBy('here')).toMatchObject({ session: 's2' });
    expect(bidders.announced('here', 'new')).toBeDefined();
  });

  it('announcements end with the lease of their site, and bids keep them alive', () => {
    const clock = new ManualClock();
    const bidders = new Bidders(clock);
    bidders.announce('here', first);
    clock.advance(59_000);
    bidders.put('here', { groups: [], waitSeconds: 0 });
    clock.advance(59_000);
    expect(bidders.announced('here', 'a')).toBeDefined();
    clock.advance(1_000);
    expect(bidders.announced('here', 'a')).toBeUndefined();
  });
});
