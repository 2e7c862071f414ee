import { describe, expect, it } from 'vitest';
import { diskReason, killedReason, memoryReason } from './excess-reason.ts';
import {
  isQuiet,
  mustHaveExceeded,
  nodeReserve,
  toBeKilled,
  toleranceOf,
  untilNextLook,
} from './memory-judgement.ts';

const mebi = 2 ** 20;
const share = (name: string, used: number, given: number) => ({
  name,
  used: used * mebi,
  given: given * mebi,
});
const plenty = 1000 * mebi;

describe('the payload that is killed for its memory', () => {
  it('is never one that keeps to its request, however little the node has left', () => {
    expect(toBeKilled([share('a', 128, 128), share('b', 1, 128)], 0)).toEqual([]);
  });

  it('is not one that exceeds its request by less than the tolerance while the node has memory to spare', () => {
    expect(toBeKilled([share('a', 135, 128), share('b', 1040, 1000)], plenty)).toEqual([]);
  });

  it('is each one that exceeds the tolerance', () => {
    const [a, b, c] = [share('a', 137, 128), share('b', 100, 128), share('c', 1051, 1000)];
    expect(toBeKilled([a, b, c], plenty)).toEqual([a, c]);
  });

  it('is only the one that most exceeds its request if the node is nearly out of memory', () => {
    const [a, b, c] = [share('a', 130, 128), share('b', 1020, 1000), share('c', 900, 1000)];
    expect(toBeKilled([a, b, c], nodeReserve - 1)).toEqual([b]);
    expect(toBeKilled([a, b, c], nodeReserve)).toEqual([]);
  });

  it('may have exceeded its request by a twentieth, but at least by 8 MiB, before that', () => {
    expect(toleranceOf(64 * mebi)).toBe(8 * mebi);
    expect(toleranceOf(1000 * mebi)).toBe(50 * mebi);
  });
});

describe('a payload that the kernel killed before it was seen above its request', () => {
  const situation = (given: number, left: number, others: readonly (readonly [number, number])[]) => ({
    given: given * mebi,
    left: left * mebi,
    limit: 384 * mebi,
    machine: 4000 * mebi,
    others: others.map(([used, allowed]) => share('other', used, allowed)),
  });

  it('must have exceeded it if the others keep to theirs and its death freed more than its request', () => {
    expect(mustHaveExceeded(situation(128, 290, [[1, 128]]))).toBe(true);
    expect(mustHaveExceeded(situation(128, 290, []))).toBe(true);
  });

  it('runs again if another payload is above its request', () => {
    expect(mustHaveExceeded(situation(128, 140, [[137, 128]]))).toBe(false);
  });

  it('runs again if its death freed no more than its request, because the pilot itself took too much', () => {
    expect(mustHaveExceeded(situation(128, 128, [[1, 128]]))).toBe(false);
  });

  it('runs again if another payload has just ended, because that may have freed the memory', () => {
    expect(mustHaveExceeded({ ...situation(128, 290, []), others: [undefined] })).toBe(false);
  });

  it('runs again if the machine itself is short of memory, because then its request proves nothing', () => {
    expect(mustHaveExceeded({ ...situation(128, 290, []), machine: 383 * mebi })).toBe(false);
  });
});

it.each([
  ['much room', 10_000, 0.2, false, 1000],
  ['128 MiB of room', 128, 0.2, false, 64],
  ['no room', 0, 0.2, false, 10],
  ['a look that takes long', 0, 10, false, 200],
  ['a look that takes long at one that grows fast', 0, 15, true, 15],
])(
  'with %s the next look at memory comes in time and costs at most a twentieth of a core',
  (_what, room, cost, leaps, wait) => {
    expect(untilNextLook(room * mebi, cost, leaps)).toBe(wait);
  },
);

it('a look at memory that took long on a busy machine does not blind the watch', () => {
  expect(untilNextLook(0, 1238, false)).toBe(1000);
});

it.each([
  ['the node has lost next to nothing', 500, 999, 100, true],
  ['three seconds are over', 3000, 1000, 100, false],
  ['the node has lost what somebody may have taken', 500, 980, 100, false],
  ['somebody is near a bound', 500, 1000, 30, false],
])('all payloads are looked at again, or not, when %s', (_when, now, left, room, quiet) => {
  const last = { at: 0, left: 1000 * mebi, room: room * mebi };
  expect(isQuiet(last, now, left * mebi)).toBe(quiet);
});

it('the hold reason says how much was used, asked for and given', () => {
  expect(memoryReason(612 * mebi, 128 * mebi, 64)).toBe(
    'the job used 612 MiB of memory and asked for 64 MiB (it was given 128 MiB): write a larger request_memory',
  );
  expect(memoryReason(612 * mebi, 128 * mebi, 128)).toBe(
    'the job used 612 MiB of memory and asked for 128 MiB: write a larger request_memory',
  );
  expect(diskReason(40 * mebi, 20 * mebi, 20 * 1024)).toBe(
    'the job used 40MiB of disk and asked for 20MiB: write a larger request_disk',
  );
  expect(memoryReason(2, mebi, undefined)).toMatch(/^the job used 1 MiB of memory \(it was given 1 MiB\)/);
  expect(killedReason(384 * mebi, 128 * mebi, 64)).toBe(
    "the kernel killed the job when all 384 MiB of its pilot's memory was used up, and no other job there had exceeded its request; it asked for 64 MiB and was given 128 MiB: write a larger request_memory",
  );
});
