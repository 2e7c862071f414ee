import type { Diary } from './diary.ts';

/** How much of what happened in a run: a run in which nothing went wrong shows nothing. */
interface CrashFigures {
  readonly submissions: {
    readonly acknowledged: number;
    /** Never acknowledged: their clients went away. */
    readonly abandoned: number;
    readonly jobs: number;
  };
  /** Requests that got no answer, and requests that were refused because the disk was full. */
  readonly unanswered: number;
  readonly refused: number;
  readonly actions: number;
  readonly executions: number;
  readonly recorded: number;
  readonly events: number;
  readonly files: number;
}

/** What happened in a run, and what was wrong at its end. */
export interface CrashReport extends CrashFigures {
  readonly faults: readonly string[];
  /** Jobs by JobStatus. */
  readonly jobs: Readonly<Record<string, number>>;
  readonly kills: number;
  /** How often the pool said that its disk is full. */
  readonly fulls: number;
  readonly deaths: number;
  readonly leaves: number;
  readonly partitions: number;
  readonly seconds: number;
}

/** What the diary tells. */
export function figuresOf({
  submissions,
  actions,
  executions,
  events,
  files,
  acknowledged,
}: Diary): CrashFigures {
  const abandoned = submissions.filter(({ clusters }) => clusters.size === 0).length;
  const sum = (what: 'unanswered' | 'refused') => submissions.reduce((total, one) => total + one[what], 0);
  return {
    submissions: { acknowledged: submissions.length - abandoned, abandoned, jobs: acknowledged },
    unanswered: sum('unanswered') + actions.filter(({ answeredAt }) => answeredAt === undefined).length,
    refused: sum('refused') + actions.filter(({ refused }) => refused).length,
    actions: actions.length,
    executions: executions.length,
    recorded: executions.filter(({ recorded }) => recorded).length,
    events: events.size,
    files: files.size,
  };
}
