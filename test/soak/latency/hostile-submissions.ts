import { setTimeout as pause } from 'node:timers/promises';
import { GlideinError } from '#base/error.ts';
import { jobTexts } from '#testing/ads.ts';
import type { SubmitRequest } from '#wire/jobs.ts';
import { HostileJobs } from '../hostile-jobs.ts';
import { type Attack, attacker } from './attack.ts';
import type { Target } from './target.ts';

/** How one submission follows the other. */
interface Flow {
  /** Clusters that stay in the queue at once; each further one takes the place of the oldest. */
  readonly kept: number;
  /** Milliseconds between two submissions, once so many are there. */
  readonly period: number;
  readonly submission: (number: number) => SubmitRequest;
}

/** Fills the queue as fast as the pool takes it, and then goes on at its pace. */
function submissions(name: string, { kept, period, submission }: Flow): Attack {
  return {
    name,
    async run(target, signal) {
      const done = { submitted: 0, refused: 0, lost: 0 };
      const clusters: number[] = [];
      for (let number = 0; !signal.aborted; number += 1) {
        const json = submission(number);
        try {
          clusters.push(await target.submit(attacker, json));
          done.submitted += json.procs.length;
        } catch (error) {
          if (error instanceof GlideinError && error.code !== 'Internal') done.refused += json.procs.length;
          else done.lost += json.procs.length;
        }
        if (clusters.length > kept) await target.remove(attacker, clusters.splice(0, 1));
        if (clusters.length >= kept || done.refused > 0)
          await pause(period, undefined, { signal }).catch(() => {});
      }
      await removeAll(target, clusters);
      return done;
    },
  };
}

async function removeAll(target: Target, clusters: readonly number[]): Promise<void> {
  for (let at = 0; at < clusters.length; at += 1) await target.remove(attacker, clusters.slice(at, at + 1));
  while ((await target.list(attacker)) > 0) await pause(50);
}

let keys = 0;

const request = (
  shared: Readonly<Record<string, string>>,
  procs: readonly Readonly<Record<string, string>>[],
): SubmitRequest => ({
  key: `attack-${process.pid}-${++keys}`,
  cluster: jobTexts(shared),
  procs: procs.map((attributes) => ({ attributes, inputs: [] })),
});

/** So many procs, each with texts of its own that no other proc has ever had. */
const each = (procs: number, number: number, own: (unique: number) => Readonly<Record<string, string>>) =>
  Array.from({ length: procs }, (_, proc) => own(number * procs + proc));

/** Each reads attributes twice as often as the one before it: the last would take more steps than there are in a year. */
const doubling = Object.fromEntries([
  ['D0', 'TARGET.Memory'],
  ...Array.from({ length: 60 }, (_, index) => [`D${index + 1}`, `D${index} + D${index}`]),
]) as Readonly<Record<string, string>>;

/** @param size 1 is that of the soak */
export const hostileSubmissions = (size: number, seed: number, random: () => number): readonly Attack[] => {
  const jobs = new HostileJobs(seed, random, Math.ceil(20_000 * size));
  const many = Math.ceil(500 * size);
  return [
    submissions('10,000 distinct Requirements', {
      kept: 20,
      period: 500,
      submission: (number) =>
        request(
          {},
          each(many, number, (unique) => ({
            Requirements: `TARGET.Kind == "none-${unique}" && TARGET.Memory > ${unique}`,
          })),
        ),
    }),
    submissions('requirements that are slow', {
      kept: 10,
      period: 500,
      submission: (number) =>
        request(
          doubling,
          each(Math.ceil(many / 10), number, (unique) => ({ Requirements: `D60 > ${unique}` })),
        ),
    }),
    submissions('random expressions, many of them errors', {
      kept: 4,
      period: 1000,
      submission: () => jobs.cluster(Math.ceil(many / 2)),
    }),
    submissions('ads of 3 and of 10 MB', {
      kept: 4,
      period: 200,
      submission: (number) => request(large(number % 2 === 0 ? 3 : 10), [{}]),
    }),
    submissions('ads of 50,000 attributes', {
      kept: 4,
      period: 200,
      submission: (number) => request(wide(number), [{}]),
    }),
    submissions('2,000 invented accounting groups', {
      kept: 4,
      period: 500,
      submission: (number) =>
        request(
          { Requirements: 'TARGET.Kind == "none"' },
          each(many, number, (unique) => ({ AcctGroup: `"invented-${unique}"` })),
        ),
    }),
  ];
};

const large = (megabytes: number): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Array.from({ length: megabytes }, (_, index) => [`Large${index}`, `"${'x'.repeat(1_000_000)}"`]),
  );

const wide = (number: number): Readonly<Record<string, string>> =>
  Object.fromEntries(Array.from({ length: 50_000 }, (_, index) => [`W${number}_${index}`, '1']));
