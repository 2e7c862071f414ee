import type { JobFile } from '#wire/file.ts';
import type { SeriesRequest, SubmitRequest } from '#wire/jobs.ts';
import { jobTexts } from '../ads.ts';
import type { Submission } from './diary.ts';
import { keyAttribute } from './pool-state.ts';

/** A request that was made, so that the very same one can be repeated. */
export interface Asked {
  readonly submission: Submission;
  readonly request: SubmitRequest | SeriesRequest;
}

/** What a submission is made of. */
interface Parts {
  readonly key: string;
  readonly owner: string;
  /** How many procs. Each has arguments of its own. */
  readonly size: number;
  readonly hasLog: boolean;
  readonly onHold?: boolean;
  /** Whether it is sent as one template for all procs, and not as a list. */
  readonly isSeries?: boolean;
  readonly input?: JobFile | undefined;
  readonly more?: Readonly<Record<string, string>>;
}

/** Jobs that run again until they exit with code 0. */
export function compose({
  key,
  owner,
  size,
  hasLog,
  onHold = false,
  isSeries = false,
  input,
  more,
}: Parts): Asked {
  const procs = Array.from({ length: size }, (_, proc) => JSON.stringify(`${key} ${proc}`));
  const cluster = jobTexts({
    [keyAttribute]: JSON.stringify(key),
    OnExitRemove: 'ExitCode =?= 0',
    ...(hasLog && { UserLog: '"/tmp/log"' }),
    ...(onHold && { JobStatus: '5' }),
    ...more,
  });
  const inputs = input === undefined ? [] : [input];
  const of = (text: string) => ({ attributes: { Arguments: text }, inputs });
  const series = { ...of(JSON.stringify(`${key} $(ProcId)`)), count: size };
  return {
    submission: { key, owner, procs, hasLog, onHold, clusters: new Set<number>(), unanswered: 0, refused: 0 },
    request: isSeries ? { key, cluster, procs: series } : { key, cluster, procs: procs.map(of) },
  };
}

/** The size of a submission: many are small, and a few are large. */
export function sizeOf(random: () => number, largest: number): number {
  const kind = random();
  if (kind < 0.35) return 1;
  if (kind < 0.7) return 2 + Math.floor(random() * 8);
  return Math.ceil(random() * (kind < 0.95 ? largest / 10 : largest));
}
