import { GlideinError } from '#base/error.ts';
import type { JobActionRequest } from '#wire/jobs.ts';
import { jobNames } from './job-name.ts';
import { readExpression } from './query-options.ts';

/** The most jobs and clusters that one request names. */
const mostNames = 10_000;

/** What selects jobs in one request. */
type Selected = Pick<JobActionRequest, 'jobs' | 'owners' | 'constraint' | 'all'>;

/**
 * The requests that the words and options of a command line ask for. What is named goes into requests of its own: an older
 * pool understands those, and refuses the others.
 * @throws GlideinError InvalidArgument, InvalidExpression
 */
export function requestsOf(
  words: readonly string[],
  { constraint, all }: { readonly constraint?: string; readonly all?: boolean },
): Selected[] {
  const namesNothing = words.length === 0 && constraint === undefined;
  if (all === true && !namesNothing)
    throw new GlideinError('InvalidArgument', '--all leaves nothing else to select', {
      cure: 'leave out either --all or the rest',
    });
  if (all === true) return [{ all }];
  if (namesNothing)
    throw new GlideinError('InvalidArgument', 'no job is named', {
      cure: 'name jobs such as 12.3, clusters such as 12, or users, or write --constraint EXPR or --all',
    });
  if (constraint !== undefined) readExpression('constraint', constraint);
  const owners = words.filter((word) => !isNumber(word));
  return [
    ...named(jobNames(words.filter(isNumber))),
    ...(owners.length === 0 && constraint === undefined
      ? []
      : [{ ...(owners.length > 0 && { owners }), ...(constraint !== undefined && { constraint }) }]),
  ];
}

/** No user's name begins like the number of a job, so a mistyped number is no user. */
const isNumber = (word: string): boolean => /^[0-9.]/.test(word);

function named(jobs: readonly string[]): Selected[] {
  const requests: Selected[] = [];
  for (let from = 0; from < jobs.length; from += mostNames)
    requests.push({ jobs: jobs.slice(from, from + mostNames) });
  return requests;
}
