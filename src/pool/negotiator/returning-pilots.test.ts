import { describe, expect, it } from 'vitest';
import { slotAd } from '#testing/ads.ts';
import { Pilot } from '../collector/pilot.ts';
import { FreeSlots } from './free-slots.ts';

const connection = { send: () => {}, sendPrinted: () => {}, close: () => {} };

describe('a pilot that comes back', () => {
  const world = () => {
    const slots = new FreeSlots();
    slots.learn(['site', 'os']);
    const pilot = (name: string, more: Readonly<Record<string, string>> = {}) => {
      const facts = {
        uid: name,
        name,
        group: 'g',
        site: 's',
        slot: slotAd({ Site: '"a"', Os: '"x"', ...more }),
      };
      const made = new Pilot(facts, 0, 1e12);
      made.connection = connection;
      slots.update(made, 0);
      return made;
    };
    const go = (one: Pilot) => {
      one.connection = undefined;
      slots.update(one, 0);
    };
    const come = (one: Pilot) => {
      one.connection = connection;
      slots.update(one, 0);
    };
    const bucketOf = (one: Pilot) => slots.of(one)?.bucket;
    return { slots, pilot, go, come, bucketOf };
  };

  it('is in no bucket while it is away, and in the former one afterwards, as news', () => {
    const { slots, pilot, go, come, bucketOf } = world();
    const [one, other] = [pilot('one'), pilot('other')];
    const { number } = slots.of(one) ?? {};
    go(one);
    expect([bucketOf(one), bucketOf(other)?.members, slots.cores, [...slots.all()].length]).toEqual([
      undefined,
      1,
      other.free.cpus,
      1,
    ]);
    const before = slots.newest;
    come(one);
    expect(bucketOf(one)).toBe(bucketOf(other));
    expect(bucketOf(one)?.members).toBe(2);
    expect(slots.slotsSince(before).map((slot) => slot.pilot)).toEqual([one]);
    expect(slots.of(one)?.number).toBe(number);
  });

  it('has the number of its bucket again, although the bucket was empty', () => {
    const { pilot, go, come, bucketOf } = world();
    const one = pilot('one');
    const number = bucketOf(one)?.number;
    go(one);
    pilot('other', { Site: '"b"' });
    come(one);
    expect(bucketOf(one)?.number).toBe(number);
  });

  it('is told from others by what jobs have begun to read meanwhile', () => {
    const { slots, pilot, go, come, bucketOf } = world();
    const [one, other] = [pilot('one', { Speed: '1' }), pilot('other', { Speed: '2' })];
    expect(bucketOf(one)).toBe(bucketOf(other));
    go(one);
    slots.learn(['speed']);
    come(one);
    expect(bucketOf(one)).not.toBe(bucketOf(other));
    expect(bucketOf(one)?.ad.evaluate('Speed')).toBe(1);
  });

  it('with another slot is in the bucket of that', () => {
    const { pilot, go, come, bucketOf } = world();
    const [one, other] = [pilot('one'), pilot('other', { Site: '"b"' })];
    go(one);
    one.facts = { ...one.facts, slot: slotAd({ Site: '"b"', Os: '"x"' }) };
    come(one);
    expect(bucketOf(one)).toBe(bucketOf(other));
  });

  it('gets nothing once it has retired, although it was away when its time was watched', () => {
    const { slots, pilot, go, come, bucketOf } = world();
    const one = pilot('one');
    one.retireAt = 4_000_000;
    slots.update(one, 0);
    go(one);
    slots.retire(2_500_000);
    come(one);
    expect(bucketOf(one)?.lots.length).toBe(1);
    slots.retire(3_000_000);
    expect(slots.of(one)?.leaving).toBe(true);
    slots.retire(4_000_000);
    expect(bucketOf(one)).toBeUndefined();
  });
});

describe('buckets of which there are very many', () => {
  const world = () => {
    const slots = new FreeSlots({ mostValues: 9, mostNumbers: 12 });
    let generations = 0;
    const pilots = Array.from({ length: 10 }, (_, index) => {
      const facts = { uid: `u${index}`, name: 'n', group: 'g', site: 's' };
      // One of the values comes last, when all slots have been told apart.
      const slot = slotAd({ One: String(index), Two: String(index), Three: String(index) });
      const made = new Pilot({ ...facts, slot }, 0, 1e12);
      made.connection = connection;
      return made;
    });
    const update = () => {
      for (const pilot of pilots) {
        const before = slots.generation;
        slots.update(pilot, 0);
        generations += slots.generation - before;
      }
      return generations;
    };
    return { slots, update };
  };

  it('are numbered anew once, although that takes as many numbers again', () => {
    const { slots, update } = world();
    slots.learn(['one', 'two', 'three']);
    expect(update()).toBeLessThan(4);
    expect([...slots.all()].length).toBe(10);
    const { generation } = slots;
    expect(update()).toBe(generation - 1);
  });
});
