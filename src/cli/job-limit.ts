import { GlideinError } from '#base/error.ts';

/** The most jobs to list; undefined for all. @throws GlideinError InvalidArgument */
export function jobLimit(text: string): number | undefined {
  if (text === 'all') return undefined;
  const number = Number(text);
  if (Number.isInteger(number) && number >= 1) return number;
  throw new GlideinError('InvalidArgument', `--limit: "${text}" is not a number of jobs`, {
    cure: 'write a whole number of 1 or more, or all',
  });
}
