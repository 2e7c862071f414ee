import type { Command } from 'commander';
import { systemClock } from '#base/clock.ts';
import { count } from '#base/count.ts';
import { describeError, GlideinError, isCode } from '#base/error.ts';
import { sleep } from '#base/sleep.ts';
import { jobPages } from '#client/job-pages.ts';
import type { PoolClient } from '#client/pool-client.ts';
import { Delivery } from '#delivery/delivery.ts';
import { DeliveryState } from '#delivery/delivery-state.ts';
import type { JobView } from '#wire/jobs.ts';
import { findPool } from '../find-pool.ts';
import { HeldNotes } from '../held-notes.ts';
import { jobNames } from '../job-name.ts';
import { hasEnded, isHeld, listed } from '../job-table.ts';
import { note, oneLine, print, type Terminal } from '../terminal.ts';
import { logLocks } from '../user-directories.ts';

/** Seconds after which jobs are listed although no event came: the removal of a job without an event log makes none. */
const lookAgain = 5;

/** Milliseconds after which to ask a pool again that did not answer. */
const afterFailure = 1000;

export function waitCommand(program: Command, terminal: Terminal): void {
  program
    .command('wait')
    .argument('<job...>', 'jobs such as 12.3, and clusters such as 12')
    .summary('wait until jobs have ended, and download their results')
    .description(
      'Waits until jobs have completed or been removed. When a job is held, it says why and keeps waiting. Meanwhile it ' +
        'downloads the results of their clusters to where the submit file says, and writes the event logs.',
    )
    .addHelpText(
      'after',
      `
The pool of \`glidein up\` on this machine delivers results and writes logs by itself; this command then only waits. It may
be interrupted and started again at any time: nothing is lost or written twice.

The exit code is 0 when all jobs have ended, however they ended, and their results are here; 10 when something could not
be written here and is still in the pool.

Examples:
  $ glidein wait 12
  $ glidein wait 12.0 13 && cat result.txt`,
    )
    .action(async (words: string[], _options, command: Command) => {
      const client = await findPool(command.optsWithGlobals(), terminal);
      const names = jobNames(words);
      const delivery = new Delivery({
        client,
        clusters: [...new Set(names.map((name) => Number(name.split('.')[0])))],
        state: new DeliveryState(),
        locks: logLocks(terminal),
        say: (sentence) => note(terminal, oneLine(sentence)),
        clock: systemClock,
        signal: terminal.signal,
      });
      const { jobs, otherOwners } = await untilEnd(client, delivery, names, terminal);
      await client.close();
      print(terminal, `${count(jobs, 'job')} ${jobs === 1 ? 'has' : 'have'} ended.`);
      for (const owner of otherOwners)
        note(terminal, oneLine(`the results of jobs of ${owner} stay in the pool: they belong to ${owner}`));
      if (!delivery.isWaiting) return;
      throw new GlideinError('WriteFailed', 'not everything that the jobs left could be written here', {
        cure: 'fix what the lines above name and wait again, or download the files elsewhere with `glidein fetch -d DIR`',
      });
    });
}

interface Ended {
  readonly jobs: number;
  /** Those whose jobs may be waited for here, but whose files may not be had. */
  readonly otherOwners: ReadonlySet<string>;
}

async function untilEnd(
  client: PoolClient,
  delivery: Delivery,
  names: readonly string[],
  terminal: Terminal,
): Promise<Ended> {
  const heldNotes = new HeldNotes((line) => note(terminal, line));
  let isKnown = false;
  for (;;) {
    try {
      const begun = systemClock.monotonic();
      // The jobs are listed first: by then the events of those that have ended are there.
      const ended = await endedJobs(client, names, heldNotes, terminal.signal);
      isKnown = true;
      const now = systemClock.monotonic();
      const lookAt = now + lookPause(now - begun);
      for (let isAll = false; !isAll; ) ({ isAll } = await delivery.next(0));
      if (ended !== undefined) return ended;
      do await delivery.next(lookAgain);
      while (systemClock.monotonic() < lookAt);
    } catch (error) {
      terminal.signal.throwIfAborted();
      if (!isKnown || !(isCode(error, 'Unavailable') || isCode(error, 'Timeout'))) throw error;
      note(terminal, `${describeError(error)}; waiting for the pool`);
      await sleep(systemClock, afterFailure, terminal.signal);
    }
  }
}

/** The jobs, once all of them have ended; undefined while one has not. */
async function endedJobs(
  client: PoolClient,
  names: readonly string[],
  heldNotes: HeldNotes,
  signal: AbortSignal,
): Promise<Ended | undefined> {
  let jobs = 0;
  const otherOwners = new Set<string>();
  let isOver = true;
  const held: JobView[] = [];
  for (const name of names) {
    for await (const page of jobPages(client, { path: `/v1/jobs/${name}`, signal })) {
      jobs += page.jobs.length;
      held.push(...page.jobs.filter(isHeld));
      for (const job of page.jobs) if (job.filesWithheld === true) otherOwners.add(ownerOf(job));
      if (page.jobs.every(hasEnded)) continue;
      isOver = false;
      // The rest of a large cluster can wait, but not the others that were named.
      break;
    }
  }
  heldNotes.look(held);
  return isOver ? { jobs, otherOwners } : undefined;
}

const ownerOf = (job: JobView): string => listed(job).ad.evaluateString('Owner') ?? 'somebody else';

/** The pause is this many times as long as the look took, and at most this many milliseconds. */
const times = 10;
const most = 60_000;

/**
 * Milliseconds to wait before listing all jobs again, after a listing that took `took` milliseconds: a few jobs are listed
 * again soon, and hundreds of thousands do not keep their pool busy with listing them.
 */
export const lookPause = (took: number): number => Math.min(times * took, most);
