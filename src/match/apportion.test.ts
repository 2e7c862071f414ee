import { describe, expect, it } from 'vitest';
import { randomOf } from '#testing/random-of.ts';
import { apportion, type Contender } from './apportion.ts';

const contender = (more: Partial<Contender> = {}): Contender => ({
  least: 0,
  room: 100,
  each: 1,
  rank: 0,
  had: 0,
  ...more,
});

describe('apportioning', () => {
  it('jobs are divided by how many each could take, in whole pilots', () => {
    expect(apportion(102, [contender(), contender(), contender()])).toEqual([34, 34, 34]);
    expect(apportion(110, [contender({ room: 1000 }), contender()])).toEqual([100, 10]);
    expect(apportion(10, [contender({ each: 4 }), contender({ each: 4 }), contender({ each: 4 })])).toEqual([
      1, 1, 1,
    ]);
    expect(apportion(4, [contender({ each: 4 }), contender({ each: 4 }), contender({ each: 4 })])).toEqual([
      1, 0, 0,
    ]);
  });

  it('whoever has started a part of its share keeps the same share', () => {
    const before = apportion(102, [contender(), contender(), contender()]);
    expect(before).toEqual([34, 34, 34]);
    const [first, ...others] = [contender({ least: 34, room: 66 }), contender(), contender()];
    expect(apportion(68, [first as Contender, ...others])).toEqual([0, 34, 34]);
  });

  it('a remainder stays where it was', () => {
    const contenders = [contender(), contender(), contender()];
    expect(apportion(1, contenders)).toEqual([1, 0, 0]);
    expect(apportion(1, [contender(), contender({ had: 1 }), contender()])).toEqual([0, 1, 0]);
  });

  it('those of higher rank are filled first', () => {
    expect(apportion(150, [contender(), contender({ rank: 1 }), contender()])).toEqual([25, 100, 25]);
  });

  it('nobody gets more than it has room for, and no pilot too many is given', () => {
    const random = randomOf(5);
    const upTo = (most: number) => Math.floor(random() * (most + 1));
    for (let round = 0; round < 2000; round += 1) {
      const contenders = Array.from({ length: 1 + upTo(4) }, () =>
        contender({ least: upTo(20), room: upTo(30), each: 1 + upTo(7), rank: upTo(1), had: upTo(40) }),
      );
      const jobs = upTo(300);
      const pilots = apportion(jobs, contenders);
      const place = contenders.reduce((sum, { room, each }) => sum + room * each, 0);
      const taken = contenders.reduce((sum, { each }, index) => sum + (pilots[index] as number) * each, 0);
      for (const [index, { room }] of contenders.entries()) {
        expect(pilots[index]).toBeGreaterThanOrEqual(0);
        expect(pilots[index]).toBeLessThanOrEqual(room);
      }
      expect(taken).toBeGreaterThanOrEqual(Math.min(jobs, place));
      const smallest = Math.max(0, ...contenders.map(({ each }) => each));
      expect(taken).toBeLessThan(jobs + smallest + 1);
    }
  });
});
