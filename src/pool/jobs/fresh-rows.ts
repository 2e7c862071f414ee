import { describeError, GlideinError } from '#base/error.ts';
import { holdCodes } from '#base/hold-codes.ts';
import type { DifferencesRow, FreshRow } from '../store/snapshot-rows.ts';
import { FreshProcs, freshProcs } from './fresh-procs.ts';
import { type Cluster, isOver } from './job.ts';
import { newJob } from './new-job.ts';
import type { PackedProcs, ProcPart } from './packed-procs.ts';
import { type Interval, ProcIntervals } from './proc-intervals.ts';
import { isInteger, isString, listOf } from './stored-parts.ts';
import { checkJob, parseRecord } from './stored-shapes.ts';

/** The differences of a submission's procs, as they are stored. Their bytes are not those of the parts. */
export const differencesToRows = (cluster: number, { parts }: PackedProcs): readonly DifferencesRow[] =>
  parts.map(({ kind, first, count, data, copy, names }) => ({
    cluster,
    kind,
    first,
    count,
    data: copy ?? new Uint8Array(data),
    names: JSON.stringify(names),
  }));

/** If the names cannot be read, any attribute may differ, which is written `*`. */
export function partFromRow({ kind, first, count, data, names }: DifferencesRow): ProcPart {
  return { kind, first, count, data, names: namesIn(names) };
}

function namesIn(text: string): readonly string[] {
  try {
    const names: unknown = JSON.parse(text);
    return listOf(isString)(names) ? (names as string[]) : ['*'];
  } catch {
    return ['*'];
  }
}

/** What is stored of fresh procs: nothing if none is left, or if they have ended. */
export function freshToRow({ cluster, shared, procs }: FreshProcs): FreshRow {
  if (procs.size === 0 || isOver(shared)) return { cluster: cluster.id, fresh: null, procs: [] };
  const { cluster: _, ...record } = shared;
  const intervals = [...procs.intervals()];
  return {
    cluster: cluster.id,
    fresh: JSON.stringify({ shared: record, procs: intervals }),
    procs: intervals,
  };
}

const isIntervals = (value: unknown): value is Interval[] =>
  Array.isArray(value) &&
  value.every((each) => Array.isArray(each) && each.length === 2 && each.every(isInteger));

/** @throws GlideinError StoreFailed if it cannot be read */
export function freshFromText(cluster: Cluster, text: string, parts: readonly ProcPart[]): FreshProcs {
  const { shared, procs } = parseRecord(text);
  if (!isIntervals(procs)) throw new GlideinError('StoreFailed', 'its field "procs" cannot be read');
  const record = parseRecord(JSON.stringify(shared));
  checkJob(record);
  const job = newJob(cluster, { ...record, proc: freshProcs });
  return new FreshProcs(job, new ProcIntervals(procs), parts);
}

/**
 * Stands for the fresh procs of a cluster if their numbers cannot be read: all procs of the cluster, held for good, except
 * those that are known to be jobs of their own.
 */
export function unreadableFresh(cluster: Cluster, parts: readonly ProcPart[], error: unknown): FreshProcs {
  const fault = `the record of its cluster's procs cannot be read: ${describeError(error)}`;
  const hold = { code: holdCodes.systemPolicy, reason: fault };
  const shared = newJob(cluster, { proc: freshProcs, state: 'Held', hold, fault });
  return new FreshProcs(shared, ProcIntervals.upTo(cluster.procs), parts);
}
