import * as z from 'zod';
import { formatDuration } from '#base/duration.ts';
import { duration, milliseconds } from './fields.ts';
import { withRules } from './rule.ts';

/** Milliseconds that a pilot needs after its payloads' grace to report what became of them. */
export const reportTime = 15_000;

/** A pilot that accepts jobs for less than this (milliseconds), or than this share of `jobMaxTime`, is mostly overhead. */
const leastServing = { milliseconds: 600_000, share: 1 / 10 };

const fields = z.strictObject({
  maxWalltime: duration(
    'The pilot is gone at this age, whatever happens: payloads are stopped early enough for their grace and for reports.',
  ).optional(),
  maxIdle: duration('Leave if no job has come for this long since the start.').default('20m'),
  maxTail: duration('Leave if no job has come for this long since the last one ended.').default('5m'),
  retireAfter: duration('Accept no new job after this age.').default('6h'),
  retireSpread: duration(
    'Each pilot retires earlier by a random part of this, at most by half of its time, so that pilots which started together do not retire together. A tenth of retireAfter if absent.',
  ).optional(),
  jobMaxTime: duration(
    'The time that is kept for the last job: no new job is accepted when less is left until endAfter or maxWalltime.',
  ).default('0s'),
  endAfter: duration('Leave at this age, even if jobs still run: they are requeued.').default('36h'),
  grace: duration('The time that a payload gets between SIGTERM and SIGKILL.').default('30s'),
});

type Fields = z.infer<typeof fields>;

/** Milliseconds of age at which payloads are stopped: what comes first of `endAfter`, and `maxWalltime` less grace and reports. */
export function endOfPayloads({ endAfter, maxWalltime, grace }: Fields): number {
  const end = milliseconds(endAfter);
  return maxWalltime === undefined
    ? end
    : Math.min(end, milliseconds(maxWalltime) - milliseconds(grace) - reportTime);
}

/** Milliseconds of age up to which jobs are accepted, before the spread. */
export const retirement = (lifetimes: Fields): number =>
  Math.min(
    milliseconds(lifetimes.retireAfter),
    endOfPayloads(lifetimes) - milliseconds(lifetimes.jobMaxTime),
  );

/** The least time in which a pilot must accept jobs, milliseconds; somebody who writes a shorter `retireAfter` means it. */
const leastOf = ({ retireAfter, jobMaxTime }: Fields): number =>
  Math.min(
    milliseconds(retireAfter),
    Math.max(leastServing.milliseconds, milliseconds(jobMaxTime) * leastServing.share),
  );

/** The same in CEL, in seconds, without functions on lists: the API server estimates their cost too high. */
const wallInCel = "(self.maxWalltime - self.grace - duration('15s'))";
const endInCel = `(has(self.maxWalltime) && ${wallInCel} < self.endAfter ? ${wallInCel} : self.endAfter).getSeconds()`;
const servingInCel = `(${endInCel} - self.jobMaxTime.getSeconds())`;

/** When a pilot leaves of its own accord. */
export const lifetimes = withRules(fields, [
  {
    cel: 'self.retireAfter <= self.endAfter',
    path: ['retireAfter'],
    message: 'retireAfter is longer than endAfter: the pilot would be gone before it retires',
    cure: 'write an endAfter that leaves the last job time to finish, or a shorter retireAfter',
    holds: (value) => milliseconds(value.retireAfter) <= milliseconds(value.endAfter),
  },
  {
    cel: `${servingInCel} >= self.retireAfter.getSeconds() || (${servingInCel} >= 600 && ${servingInCel} * 10 >= self.jobMaxTime.getSeconds())`,
    path: ['jobMaxTime'],
    message:
      'jobMaxTime leaves less than ten minutes, or less than a tenth of itself, to accept jobs before payloads end at endAfter, or at maxWalltime less grace and 15s',
    numbers: (value) => {
      const end = endOfPayloads(value);
      const kept = milliseconds(value.jobMaxTime);
      return `payloads end at the age of ${inWords(end)}, jobMaxTime keeps ${inWords(kept)} of that, and ${inWords(end - kept)} are left`;
    },
    cure: 'write a longer maxWalltime (or endAfter), or a shorter jobMaxTime',
    holds: (value) => endOfPayloads(value) - milliseconds(value.jobMaxTime) >= leastOf(value),
  },
])
  .prefault({})
  .describe('When a pilot leaves of its own accord.');

/** `7.5s`, `23h48m`; also for what is negative, or shorter than the units of manifests. */
const inWords = (length: number): string =>
  length < 0 ? `-${formatDuration(-length)}` : formatDuration(length);
