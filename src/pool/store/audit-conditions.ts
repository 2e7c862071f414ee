import type { AuditQuery, AuditRow } from './store-messages.ts';

/** What conditions read of a record. */
interface Told {
  readonly from?: string;
  /** Jobs as intervals: `12.0-12.9`, `12.3`, or `12` for a whole cluster. */
  readonly jobs?: readonly string[];
  /** How many of its jobs the act concerned, by owner. */
  readonly owners?: Readonly<Record<string, number>>;
}

/** Whether a record satisfies the conditions that only its text can answer. */
export function concerns(
  { subject, record }: Pick<AuditRow, 'subject' | 'record'>,
  query: AuditQuery,
): boolean {
  const { address, job, viewer } = query;
  const stranger = viewer === subject ? undefined : viewer;
  if ([stranger, address, job].every((condition) => condition === undefined)) return true;
  const { from, owners = {}, jobs = [] } = JSON.parse(record) as Told;
  if (stranger !== undefined && !Object.hasOwn(owners, stranger)) return false;
  return (address ?? from) === from && (job === undefined || jobs.some((each) => includes(each, job)));
}

type End = readonly [cluster: number, proc: number];

/** A cluster is asked for with all of its jobs. */
function includes(interval: string, { cluster, proc }: NonNullable<AuditQuery['job']>): boolean {
  const [from = '', to = from] = interval.split('-');
  const [first, last] = [endOf(from, 0), endOf(to, Number.POSITIVE_INFINITY)];
  if (proc === undefined) return cluster >= first[0] && cluster <= last[0];
  return !isBefore([cluster, proc], first) && !isBefore(last, [cluster, proc]);
}

/** @param otherwise the proc that a whole cluster has at this end */
function endOf(text: string, otherwise: number): End {
  const [cluster = 0, proc = otherwise] = text.split('.').map(Number);
  return [cluster, proc];
}

const isBefore = ([cluster, proc]: End, [other, otherProc]: End): boolean =>
  cluster < other || (cluster === other && proc < otherProc);
