import { GlideinError } from '#base/error.ts';
import { didYouMean } from '#base/nearest.ts';
import { truncate } from '#base/truncate.ts';
import { printName } from '#classad/expression-printer.ts';
import { references } from '#classad/references.ts';
import { isSpecialName } from '#classad/scope.ts';
import { jobPages } from '#client/job-pages.ts';
import type { PoolClient } from '#client/pool-client.ts';
import type { JobView } from '#wire/jobs.ts';
import { readExpression } from './query-options.ts';
import { note, type Terminal } from './terminal.ts';

/** Each costs the pool a look at all jobs. */
const mostNames = 5;

/** The jobs among which a constraint was to select. */
type Path = '/v1/jobs' | '/v1/history';

type Client = Pick<PoolClient, 'json'>;

/**
 * Call it where a constraint has selected nothing: an attribute that no job has, such as a mistyped one, makes it undefined for
 * all of them, and "no job" is then true but no answer.
 */
export async function noteUnknownAttributes(
  client: Client,
  path: Path,
  constraint: string | undefined,
  terminal: Terminal,
): Promise<void> {
  for (const line of await unknownAttributes(client, path, constraint, terminal.signal)) note(terminal, line);
}

/** A line for each attribute that a constraint reads and that is undefined for every job. */
export async function unknownAttributes(
  client: Client,
  path: Path,
  constraint: string | undefined,
  signal: AbortSignal,
): Promise<readonly string[]> {
  if (constraint === undefined) return [];
  try {
    return await linesAbout(constraint, (query) => firstJob(client, { path, query, signal }));
  } catch (error) {
    // The command has its answer, and whoever may change jobs need not be one who may list them.
    if (signal.aborted || !(error instanceof GlideinError)) throw error;
    return [];
  }
}

async function linesAbout(
  constraint: string,
  first: (query: { constraint?: string }) => Promise<JobView | undefined>,
): Promise<readonly string[]> {
  const any = await first({});
  if (any === undefined) return [];
  const known = Object.keys(any.ad);
  const has = new Set(known.map((name) => name.toLowerCase()));
  const unfamiliar = namesRead(constraint).filter((name) => !has.has(name.toLowerCase()));
  const lines: string[] = [];
  for (const name of unfamiliar.slice(0, mostNames)) {
    if ((await first({ constraint: `MY.${printName(name)} isnt undefined` })) !== undefined) continue;
    const written = truncate(name, 64);
    const meant = didYouMean(written, known);
    lines.push(`${written} is undefined for every job${meant && `; ${meant}`}`);
  }
  return lines;
}

/** A pool that has looked for long answers with an empty page, and goes on with the next one. */
async function firstJob(
  client: Client,
  wish: { path: Path; query: { constraint?: string }; signal: AbortSignal },
): Promise<JobView | undefined> {
  for await (const { jobs } of jobPages(client, { ...wish, limit: 1 }))
    if (jobs[0] !== undefined) return jobs[0];
  return undefined;
}

/** The attributes of jobs that a constraint reads, as it writes them and in the order in which it first does. */
function namesRead(constraint: string): string[] {
  const { my, target, bare } = references(readExpression('constraint', constraint));
  // The `b` of `a.b`, which is in some record, is said to be read of both ads.
  const keys = new Set([...[...my].filter((name) => !target.has(name)), ...bare]);
  return [...keys]
    .filter((name) => !isSpecialName(name))
    .map((name) => wordIn(constraint, name))
    .sort((a, b) => a.at - b.at)
    .map(({ word }) => word);
}

/** Where a text has a name that is known in lower case, and how it is written there. */
function wordIn(text: string, name: string): { readonly word: string; readonly at: number } {
  const escaped = name.replaceAll(/[^\w]/gu, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
  const found = new RegExp(`(?<!\\w)${escaped}(?!\\w)`, 'iu').exec(text);
  return { word: found?.[0] ?? name, at: found?.index ?? text.length };
}
