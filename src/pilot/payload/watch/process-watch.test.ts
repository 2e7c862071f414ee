import { beforeEach, expect, it } from 'vitest';
import { createLogger } from '#telemetry/logger.ts';
import { ManualClock } from '#testing/manual-clock.ts';
import type { ProcessCount } from './process-count.ts';
import { ProcessWatch, processReserve } from './process-watch.ts';

let clock: ManualClock;
let watch: ProcessWatch;
let ofMachine: number;
let left: number;
let counted: number;
/** By leader. */
let payloads: Record<number, ProcessCount>;
let ended: string[];

beforeEach(() => {
  clock = new ManualClock();
  [ofMachine, left, counted] = [300, 1000, 0];
  [payloads, ended] = [{}, []];
  watch = new ProcessWatch({
    clock,
    logger: createLogger('process-watch-test', { level: 'silent' }),
    node: { limit: () => 1200, left: () => left, ofMachine: () => ofMachine },
    count: ({ leader }) => {
      counted += 1;
      return payloads[leader] ?? { processes: 0, openFiles: 0 };
    },
  });
});

const begin = (leader: number, processes = 1, share = 0.25) => {
  payloads[leader] = { processes, openFiles: 3 };
  return watch.watch({
    leader,
    allowed: { processes: 400, openFiles: 100 },
    share,
    exceeded: (of, reason) => ended.push(`${leader} ${of}: ${reason}`),
  });
};

it('a payload with more processes than its group allows is ended once, with the numbers, and no other', () => {
  begin(1, 401);
  begin(2, 400);
  clock.advance(100);
  clock.advance(10_000);
  expect(ended).toEqual([
    '1 processes: the job had 401 processes and threads or more, and its group allows 400: start fewer at a time',
  ]);
});

it('a payload of which one process has too many open files is ended with the numbers', () => {
  begin(1);
  payloads[1] = { processes: 1, openFiles: 101 };
  clock.advance(100);
  expect(ended).toEqual([
    expect.stringMatching(/^1 openFiles: a process of the job had 101 files open .* allows 100/),
  ]);
});

it('payloads are counted again only after a while, or as soon as the machine has many more processes', () => {
  begin(1);
  for (let look = 0; look < 10; look += 1) clock.advance(100);
  expect(counted).toBe(1);
  ofMachine += 100;
  clock.advance(100);
  expect(counted).toBe(2);
  for (let look = 0; look < 25; look += 1) clock.advance(100);
  expect(counted).toBe(3);
});

it('when the node runs out of processes, the payload that most exceeds its share is ended', () => {
  begin(1, 290);
  begin(2, 350);
  begin(3, 380);
  left = processReserve - 1;
  clock.advance(100);
  expect(ended).toEqual([
    expect.stringMatching(/^3 processes: .* had 380 .* when the 1200 that its pilot may have/),
  ]);
});

it('when the node runs out of processes, payloads within their shares are left alone', () => {
  begin(1, 300);
  begin(2, 300);
  left = 0;
  clock.advance(100);
  expect(ended).toEqual([]);
});

it('a payload that has ended is no longer counted', () => {
  begin(1, 401)();
  clock.advance(10_000);
  expect([ended, counted]).toEqual([[], 0]);
});
