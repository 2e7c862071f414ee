import { formatDuration } from '#base/duration.ts';
import type { Attempt, JobView } from '#wire/jobs.ts';
import type { Outcome } from '#wire/outcome.ts';
import { remarks } from './fetched-files.ts';
import { hasEnded } from './job-table.ts';
import { table, widestText } from './table.ts';
import { oneLine } from './terminal.ts';

/** Every execution of a job: where, how long, how it ended. */
export function attemptTable(job: JobView, { wide, colour }: { wide: boolean; colour: boolean }): string {
  if (job.attempts.length === 0)
    return `${job.id} ${hasEnded(job) ? 'was never started' : 'has not been started yet'}`;
  const rows = job.attempts.map((attempt) => [
    job.id,
    String(attempt.epoch),
    attempt.pilot,
    attempt.startedAt === undefined ? 'never started' : new Date(attempt.startedAt).toISOString(),
    lasted(attempt),
    ending(attempt),
  ]);
  const tries = table(
    ['ID', 'TRY', 'PILOT', 'STARTED', 'LASTED', 'END'],
    rows,
    colour,
    wide ? {} : { END: widestText },
  );
  return [tries, ...remarks(job).map(oneLine)].join('\n');
}

const lasted = ({ startedAt, endedAt }: Attempt): string =>
  startedAt === undefined || endedAt === undefined ? '' : formatDuration(endedAt - startedAt);

function ending({ outcome, reason, endedAt }: Attempt): string {
  const parts = [outcome === undefined ? undefined : outcomeText(outcome), reason].filter(
    (part) => part !== undefined,
  );
  // One of them often quotes the other.
  const distinct = parts.filter(
    (part, index) =>
      !parts.some((other, at) => at !== index && other.includes(part) && (other !== part || at < index)),
  );
  return distinct.length > 0 ? distinct.join('; ') : endedAt === undefined ? 'runs' : 'no reason was given';
}

function outcomeText(outcome: Outcome): string {
  switch (outcome.kind) {
    case 'exited':
      return `exit code ${outcome.exitCode}`;
    case 'signalled':
      return `ended by ${outcome.signal}`;
    case 'startFailed':
    case 'outputFailed':
    case 'exceeded':
    case 'stopped':
      return outcome.reason;
  }
}
