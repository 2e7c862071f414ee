import { describe, expect, it } from 'vitest';
import { Trust } from './trust.ts';

const minute = 60_000;

/** A group of which pilots come at some times; each look is one minute after the last one. */
function watched() {
  const trust = new Trust();
  const came: number[] = [];
  let now = 0;
  return {
    came: (count: number) => {
      for (let pilot = 0; pilot < count; pilot += 1) came.push(now);
    },
    /** Minutes without a look. */
    pass: (minutes: number) => {
      now += minutes * minute;
    },
    /** @returns how many pilots can be counted on after each minute */
    look: (minutes: number, asked: number): number[] =>
      Array.from({ length: minutes }, () => {
        now += minute;
        trust.look(now, Math.min(asked, trust.pilots), (time) => came.filter((at) => at >= time).length);
        return trust.pilots;
      }),
  };
}

describe('what a group can be counted on for', () => {
  it('a group has five minutes to bring what it is asked for, and is then halved each minute', () => {
    const group = watched();
    expect(group.look(5, 40)).toEqual(Array(5).fill(Infinity));
    expect(group.look(7, 40)).toEqual([20, 10, 5, 2, 1, 0, 0]);
  });

  it('one that is slow is counted on for twice what it brings in a minute', () => {
    const group = watched();
    group.look(5, 100);
    for (let round = 0; round < 10; round += 1) {
      group.came(3);
      group.look(1, 100);
    }
    group.came(3);
    expect(group.look(1, 100)).toEqual([6]);
  });

  it('one that brings all that it owes is trusted again', () => {
    const group = watched();
    expect(group.look(7, 40).at(-1)).toBe(10);
    group.came(10);
    expect(group.look(1, 10)).toEqual([Infinity]);
  });

  it('one that was given up is tried with one pilot after a quarter of an hour', () => {
    const group = watched();
    expect(group.look(11, 40).at(-1)).toBe(0);
    expect(group.look(14, 40)).toEqual(Array(14).fill(0));
    expect(group.look(7, 40)).toEqual([1, 1, 1, 1, 1, 1, 0]);
    group.came(1);
    expect(group.look(1, 40)).toEqual([2]);
  });

  it('nothing is held against one that is not asked', () => {
    const group = watched();
    for (let round = 0; round < 5; round += 1) {
      expect(group.look(4, 40).at(-1)).toBe(Infinity);
      expect(group.look(1, 0)).toEqual([Infinity]);
    }
  });

  it('nothing is held against one for a time in which nobody looked, because its site was the only one', () => {
    const group = watched();
    expect(group.look(2, 40)).toEqual([Infinity, Infinity]);
    group.pass(60);
    expect(group.look(6, 40)).toEqual([...Array(5).fill(Infinity), 20]);
  });
});
