import { type ErrorCode, errorCatalogue, GlideinError } from '#base/error.ts';
import type { JobActionAnswer } from '#wire/jobs.ts';

type Refused = JobActionAnswer['refused'];

/** Refusals that are printed one by one: as many as fit on a screen with the sentence about all of them. */
const mostPrinted = 20;

/** How many jobs an entry stands for. A pool lists a limited number of refusals, and then only says how many more there are. */
const countOf = ({ job }: Refused[number]): number => Number(/^([0-9]+) more$/.exec(job)?.[1] ?? 1);

/** How many jobs were refused. */
const jobsIn = (refused: Refused): number => refused.reduce((sum, one) => sum + countOf(one), 0);

/** The lines that tell people which jobs were refused, and why. */
export function refusalLines(refused: Refused): string[] {
  const named = refused.filter((one) => countOf(one) === 1).slice(0, mostPrinted);
  const more = jobsIn(refused) - named.length;
  const lines = named.map(({ job, reason }) => `${job}: ${reason}`);
  return more > 0 ? [...lines, `${more} more are refused too`] : lines;
}

/** The error for refused jobs, with their code when they have one in common. */
export function refusal(refused: Refused, done: string): GlideinError {
  const codes = new Set(refused.map(({ code }) => code).filter((code) => code !== undefined));
  const [code = '', ...others] = codes;
  const common =
    others.length === 0 && Object.hasOwn(errorCatalogue, code) ? (code as ErrorCode) : 'Conflict';
  const what = refused.length === 1 ? refused[0]?.job : `${jobsIn(refused)} jobs`;
  return new GlideinError(common, `${what} could not be ${done}`);
}
