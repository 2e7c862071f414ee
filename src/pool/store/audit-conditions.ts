import type { AuditAct } from '#wire/audit.ts';
import type { AuditQuery, AuditRow, AuditViewer } from './audit-rows.ts';

/** What conditions read of a record. */
interface Told extends Pick<AuditAct, 'subject' | 'role' | 'issuer' | 'count'> {
  readonly from?: string;
  /** Jobs as intervals: `12.0-12.9`, `12.3`, or `12` for a whole cluster. */
  readonly jobs?: readonly string[];
  /** How many of its jobs the act concerned, by owner. */
  readonly owners?: Readonly<Record<string, number>>;
}

/**
 * Whether a record satisfies the conditions that only its text can answer.
 * @param mayAsk whether the viewer may learn what others did to the job that the query names, among jobs of several owners
 */
export function concerns({ record }: Pick<AuditRow, 'record'>, query: AuditQuery, mayAsk: boolean): boolean {
  const { address, job, viewer } = query;
  if ([viewer, address, job].every((condition) => condition === undefined)) return true;
  const told = JSON.parse(record) as Told;
  const { from, jobs = [] } = told;
  if (viewer !== undefined && !isOwn(told, viewer) && !isAboutJobsOf(told, viewer, mayAsk)) return false;
  return (address ?? from) === from && (job === undefined || jobs.some((each) => includes(each, job)));
}

/** Whether the viewer did it. The subject alone owns jobs, whoever vouches for it; an operator speaks for one site. */
export const isOwn = (act: Pick<Told, 'subject' | 'role' | 'issuer'>, viewer: AuditViewer): boolean =>
  act.subject === viewer.subject &&
  act.role === viewer.role &&
  (viewer.role === 'submitter' || act.issuer === viewer.issuer);

/** A record does not say which of its jobs are whose: only of one with a single owner does its text show that. */
const isAboutJobsOf = (
  { owners = {}, count }: Told,
  { role, subject }: AuditViewer,
  mayAsk: boolean,
): boolean => role === 'submitter' && Object.hasOwn(owners, subject) && (mayAsk || owners[subject] === count);

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
