import { describe, expect, it } from 'vitest';
import { ManualClock } from '#testing/manual-clock.ts';
import { randomOf } from '#testing/random-of.ts';
import type { DemandAnswer, PilotSupply } from '#wire/bid.ts';
import { wholeOf } from '#wire/demand-difference.ts';
import { ToldDemand } from './told-demand.ts';

const pilot = (uid: string, more: Partial<PilotSupply> = {}): PilotSupply => ({
  uid,
  name: uid,
  group: 'g',
  site: 'here',
  state: 'Idle',
  connected: true,
  disconnectedSeconds: 0,
  claims: 0,
  idleSeconds: 0,
  retireIn: 3600,
  free: { Cpus: '4' },
  ...more,
});

const answer = (ask: string, pilots: PilotSupply[]): DemandAnswer => ({
  version: 1,
  known: true,
  ask,
  autoclusters: [],
  pilots,
  missing: [],
});

const travelled = (sent: DemandAnswer): DemandAnswer => JSON.parse(JSON.stringify(sent)) as DemandAnswer;

describe('demand that is told as differences', () => {
  it('pilots that only grow older are not told again', () => {
    const clock = new ManualClock();
    const told = new ToldDemand(clock);
    const first = told.tell('here', undefined, answer('q1', [pilot('a'), pilot('b')]));
    expect(first.base).toBeUndefined();
    clock.advance(10_000);
    const changed = pilot('b', { state: 'Busy', claims: 1, retireIn: 3590, free: { Cpus: '3' } });
    const second = told.tell(
      'here',
      'q1',
      answer('q2', [pilot('a', { idleSeconds: 10, retireIn: 3590 }), changed]),
    );
    expect(second).toMatchObject({ base: 'q1', sinceBase: 10, pilots: [{ uid: 'b' }], gonePilots: [] });
    expect(wholeOf(travelled(second), first).pilots).toEqual([
      pilot('a', { idleSeconds: 10, retireIn: 3590 }),
      changed,
    ]);
  });

  it('a site whose last answer was lost, or that has another base, is told everything', () => {
    const told = new ToldDemand(new ManualClock());
    const all = [pilot('a')];
    told.tell('here', undefined, answer('q1', all));
    told.tell('here', 'q1', answer('q2', all));
    expect(told.tell('here', 'q1', answer('q3', all))).toMatchObject({ pilots: [{ uid: 'a' }] });
    expect(told.tell('there', 'q3', answer('q4', all)).base).toBeUndefined();
    expect(told.tell('here', 'q3', answer('q5', [])).gonePilots).toEqual(['a']);
  });

  it('a share that changes, comes or goes is told', () => {
    const told = new ToldDemand(new ManualClock());
    const waiting = (ask: string, ...shares: Record<string, number>[]): DemandAnswer => ({
      ...answer(ask, []),
      autoclusters: [{ id: 1, count: 9, running: 0, oldestSeconds: 0, ad: { Cmd: '"a"' } }].flatMap((each) =>
        shares.length === 0 ? [each] : shares.map((own) => ({ ...each, shares: own })),
      ),
    });
    let here = told.tell('here', undefined, waiting('q0'));
    for (const [round, shares] of [[{ p: 3 }], [{ p: 4 }], [{ p: 4 }], []].entries()) {
      const sent = told.tell('here', here.ask, waiting(`q${round + 1}`, ...shares));
      expect(sent.autoclusters).toHaveLength(round === 2 ? 0 : 1);
      here = wholeOf(travelled(sent), here);
      expect(here.autoclusters[0]?.shares).toEqual(shares[0]);
    }
  });

  it('a difference to an answer that is not known is refused', () => {
    const difference = { ...answer('q2', []), base: 'q1', sinceBase: 1 };
    expect(() => wholeOf(difference, answer('q0', []))).toThrow(/not known here/);
    expect(() => wholeOf(difference, undefined)).toThrow(/not known here/);
  });

  it('after any number of differences the site knows what the pool knows', () => {
    const random = randomOf(7);
    const clock = new ManualClock();
    const told = new ToldDemand(clock);
    let here: DemandAnswer | undefined;
    let entries = 0;
    const since = new Map<string, { idle: number; claims: number }>();
    for (let round = 0; round < 200; round += 1) {
      clock.advance(Math.floor(random() * 5000));
      const uid = `u${Math.floor(random() * 50)}`;
      if (random() < 0.3) since.delete(uid);
      else since.set(uid, { idle: clock.monotonic(), claims: Math.floor(random() * 2) });
      const truth = [...since].map(([name, { idle, claims }]) =>
        pilot(name, {
          claims,
          state: claims > 0 ? 'Busy' : 'Idle',
          idleSeconds: claims > 0 ? 0 : (clock.monotonic() - idle) / 1000,
          retireIn: Math.max(0, 300 - clock.monotonic() / 1000),
          free: { Cpus: String(4 - claims) },
        }),
      );
      const sent = travelled(told.tell('here', here?.ask, answer(`q${round}`, truth)));
      entries += sent.pilots.length;
      here = wholeOf(sent, here);
      expect(here.pilots.map(({ uid: each }) => each).sort()).toEqual(
        truth.map(({ uid: each }) => each).sort(),
      );
      for (const each of truth) {
        const known = here.pilots.find((other) => other.uid === each.uid);
        expect(known).toMatchObject({ claims: each.claims, state: each.state, free: each.free });
        expect(Math.abs((known?.idleSeconds ?? 0) - each.idleSeconds)).toBeLessThanOrEqual(1);
        expect(Math.abs((known?.retireIn ?? 0) - each.retireIn)).toBeLessThanOrEqual(1);
      }
    }
    expect(entries).toBeLessThan(600);
  });
});
