import { didYouMean } from '#base/nearest.ts';
import { truncate } from '#base/truncate.ts';
import { references } from '#classad/references.ts';
import { jobPages } from '#client/job-pages.ts';
import type { PoolClient } from '#client/pool-client.ts';
import type { JobView } from '#wire/jobs.ts';
import { readExpression } from './query-options.ts';
import { note, type Terminal } from './terminal.ts';

/** Each costs the pool a look at all jobs. */
const mostNames = 5;

/**
 * Call it where a constraint has selected nothing: an attribute that no job has, such as a mistyped one, makes it undefined for
 * all of them, and "no job" is then true but no answer.
 *
 * @param path `/v1/jobs` or `/v1/history`: the jobs among which the constraint was to select
 */
export async function noteUnknownAttributes(
  client: PoolClient,
  path: '/v1/jobs' | '/v1/history',
  constraint: string | undefined,
  terminal: Terminal,
): Promise<void> {
  if (constraint === undefined) return;
  const first = async (query: { constraint?: string }): Promise<JobView | undefined> => {
    for await (const { jobs } of jobPages(client, { path, query, limit: 1, signal: terminal.signal }))
      return jobs[0];
    return undefined;
  };
  const any = await first({});
  if (any === undefined) return;
  const known = Object.keys(any.ad);
  const has = new Set(known.map((name) => name.toLowerCase()));
  const unfamiliar = namesRead(constraint).filter((name) => !has.has(name));
  for (const name of unfamiliar.slice(0, mostNames)) {
    if ((await first({ constraint: `MY.${quoted(name)} isnt undefined` })) !== undefined) continue;
    const written = truncate(spelling(name, constraint), 64);
    const meant = didYouMean(written, known);
    note(terminal, `no job has the attribute ${written}${meant && `; ${meant}`}`);
  }
}

/** The attributes of jobs that a constraint reads, in lower case and in the order in which it names them. */
function namesRead(constraint: string): string[] {
  const { my, bare } = references(readExpression('constraint', constraint));
  const text = constraint.toLowerCase();
  return [...new Set([...my, ...bare])].sort((a, b) => text.indexOf(a) - text.indexOf(b));
}

/** As somebody wrote a name that is known in lower case. */
function spelling(name: string, text: string): string {
  const from = text.toLowerCase().indexOf(name);
  return from < 0 ? name : text.slice(from, from + name.length);
}

const quoted = (name: string): string =>
  /^[a-z_][a-z0-9_]*$/.test(name) ? name : `'${name.replaceAll(/['\\]/g, '\\$&')}'`;
