import { signalNumber } from '#base/signals.ts';
import { asciiLower } from '#classad/names.ts';
import { poolAttributes } from '#submit/attributes/pool-attributes.ts';
import type { Outcome } from '#wire/outcome.ts';
import type { HistoryColumns } from '../store/snapshot-rows.ts';
import { wallSecondsOf } from './attempts.ts';
import type { Cluster, Job } from './job.ts';
import { exitOf, mebibytes, seconds } from './job-figures.ts';
import { jobStates } from './job-state.ts';

/** The only column whose attribute may be submitted too is MemoryUsage; older versions accepted the others. */
const shadows = (name: string): boolean => name === 'memoryusage' || poolAttributes.has(name);

const shadowing = new WeakMap<Cluster, boolean>();

/**
 * What searches find an ended job by: the values that {@link JobAds.whole} gives these attributes.
 * @returns undefined if the submitted ad has such an attribute itself, as a MemoryUsage may be: it might show through
 */
export function historyColumns(job: Job): HistoryColumns | undefined {
  const names = Object.keys(job.attributes).map(asciiLower);
  if (isShadowed(job.cluster) || names.some(shadows)) return undefined;
  return {
    status: jobStates[job.state],
    owner: job.cluster.owner,
    submitted: seconds(job.cluster.queuedAt),
    starts: job.forgotten.starts + job.attempts.filter(({ startedAt }) => startedAt !== undefined).length,
    wallSeconds: wallSecondsOf(job),
    names: names.sort().join(' '),
    ...lastTry(job),
  };
}

function lastTry({
  attempts,
  usage,
}: Job): Pick<HistoryColumns, 'exitCode' | 'exitSignal' | 'memory' | 'host'> {
  const last = attempts.at(-1);
  if (last === undefined) return { exitCode: null, exitSignal: null, memory: null, host: null };
  const memory = usage?.memoryPeakBytes;
  return {
    ...exitColumns(last.outcome),
    memory: memory === undefined ? null : mebibytes(memory),
    host: last.pilot,
  };
}

function exitColumns(outcome: Outcome | undefined): Pick<HistoryColumns, 'exitCode' | 'exitSignal'> {
  const exit = outcome && exitOf(outcome);
  return {
    exitCode: exit?.kind === 'exited' ? exit.exitCode : null,
    exitSignal: exit?.kind === 'signalled' ? (signalNumber(exit.signal) ?? null) : null,
  };
}

function isShadowed(cluster: Cluster): boolean {
  let known = shadowing.get(cluster);
  if (known === undefined) {
    known = Object.keys(cluster.ad).some((name) => shadows(asciiLower(name)));
    shadowing.set(cluster, known);
  }
  return known;
}
