import type { FastifyReply } from 'fastify';
import * as z from 'zod';

import { parseExpression } from '#classad/parser.ts';
import { jobAction, jobActionAnswer, jobId, jobsAnswer, jobsCursor, longestConstraint } from '#wire/jobs.ts';
import { isOwner, requireScope } from '../auth/access.ts';
import { type Job, jobName } from '../jobs/job.ts';
import { isFinal } from '../jobs/job-state.ts';
import { jobView } from '../jobs/job-view.ts';
import { act } from '../queue/actions.ts';
import type { ChangedPool } from '../queue/change-job.ts';
import { Constraint } from '../queue/constraint.ts';
import { endedJobs, type HistoryOptions, historyCursor, jobsOfCluster } from '../queue/history.ts';
import type { Ledger } from '../queue/ledger.ts';
import type { Volume } from '../spool/volume.ts';
import { listedPage } from './listed-page.ts';
import { type LogPool, logRoutes } from './log-routes.ts';
import { namedJob } from './named-job.ts';
import type { Peeks } from './peeks.ts';
import { readerGone } from './request.ts';
import type { Door, Routes } from './route.ts';
import { streamed } from './streamed.ts';
import { type SubmitPool, submitRoute } from './submit-route.ts';
import type { Turns } from './turns.ts';

/** The parts of the pool that these routes need. */
export type JobPool = SubmitPool &
  ChangedPool &
  HistoryOptions &
  LogPool & {
    readonly ledger: Pick<Ledger, 'settled'>;
    readonly volume: Pick<Volume, 'orFull'>;
  };

const listQuery = z.object({
  constraint: z.string().max(longestConstraint).optional(),
  owner: z.string().max(256).optional(),
  limit: z.coerce.number().int().min(1).max(1_000_000).optional(),
  after: jobsCursor.optional(),
});

type ListQuery = z.infer<typeof listQuery>;

/** The default number of jobs on a page. */
const usualPage = 10_000;

/** The roles that may see everybody's jobs; a pilot sees only what it runs. */
const readers = ['submitter', 'operator'] as const;

const named = z.object({ job: jobId });

const actionDoor = {
  summary: 'Removes, holds or releases jobs, or gives them another priority',
  roles: ['submitter'],
  answer: jobActionAnswer,
  errors: ['InvalidExpression'],
} as const satisfies Door;

const listDoor = (summary: string): Door => ({
  summary,
  roles: readers,
  scope: 'compute.read',
  answer: jobsAnswer,
  errors: ['InvalidExpression', 'NotFound', 'NoSpace'],
});

/** Routes with which users submit, change and read jobs. */
export function jobRoutes(
  app: Routes,
  pool: JobPool,
  { peeks, turns }: { readonly peeks: Peeks; readonly turns: Turns },
): void {
  submitRoute(app, pool);

  const action = {
    schema: { body: jobAction },
    config: { changesJobs: true, door: actionDoor, act: 'change' as const },
  };
  app.post('/v1/jobs/actions', action, async (request) => {
    const { subject } = request.identity;
    requireScope(request.identity, request.body.action === 'remove' ? 'compute.cancel' : 'compute.modify');
    const { identity } = request;
    const by = pool.audit.doer(request.raw, identity);
    return act(pool, request.body, { identity, by }, () => turns.next(subject));
  });

  const answer = async (
    reply: FastifyReply,
    jobs: Iterable<Job | undefined> | AsyncIterable<Job>,
    query: ListQuery,
    {
      constraint = constraintOf(pool, query.constraint),
      wanted = () => true,
      cursor = jobName,
    }: {
      constraint?: Constraint | undefined;
      wanted?: (job: Job) => boolean;
      cursor?: typeof jobName;
    } = {},
  ) => {
    const { identity } = reply.request;
    const parts = listedPage(jobs, {
      items: 'jobs',
      limit: query.limit ?? usualPage,
      wanted: (job) => wanted(job) && constraint?.holds(job) !== false,
      text: (job) =>
        JSON.stringify(jobView(pool.ads, job, { isOwner: isOwner(identity, job.cluster.owner) })),
      cursor,
      counted: query.limit === undefined && query.after === undefined,
      signal: readerGone(reply),
      turn: (spent) => turns.next(identity.subject, spent),
      charge: (spent) => turns.charge(identity.subject, spent),
    });
    const content = await streamed(parts, () => pool.volume.orFull(pool.ledger.settled()));
    return reply.type('application/json').send(content);
  };

  const list = (summary: string) => ({
    schema: { querystring: listQuery },
    config: { door: listDoor(summary) },
  });

  app.get('/v1/jobs', list('Jobs in the queue'), (request, reply) => {
    const { query } = request;
    const wanted = (job: Job) =>
      (!isFinal(job.state) || job.stays === true) &&
      (query.owner === undefined || job.cluster.owner === query.owner);
    const [cluster = 0, proc = 0] = numbersOf(query.after);
    const after = query.after === undefined ? undefined : { cluster, proc };
    const constraint = constraintOf(pool, query.constraint);
    const jobs = pool.queue.search(after, {
      passesOver: (fresh) => !wanted(fresh.shared) || constraint?.holdsForNone(fresh) === true,
      wants: (fresh, number) => constraint?.holdsFor(fresh, number) !== false,
    });
    return answer(reply, jobs, query, { wanted, constraint });
  });

  app.get('/v1/history', list('Jobs that have ended, the last one first'), (request, reply) => {
    const { query } = request;
    const [ended = 0, cluster = 0, proc = 0] = numbersOf(query.after);
    const before = query.after === undefined ? undefined : { ended, cluster, proc };
    const limit = query.limit ?? usualPage;
    const jobs = endedJobs(pool, before, query.constraint);
    return answer(reply, jobs, { ...query, limit }, { cursor: endedName });
  });

  const one = {
    schema: { params: named, querystring: listQuery },
    config: { door: listDoor('A job, or all jobs of a cluster') },
  };
  app.get('/v1/jobs/:job', one, async (request, reply) => {
    const { query } = request;
    const [, after = -1] = numbersOf(query.after);
    const first = await namedJob(pool, request.params.job);
    const isCluster = !request.params.job.includes('.');
    return answer(reply, isCluster ? jobsOfCluster(pool, first.cluster.id, after) : [first], query);
  });

  logRoutes(app, pool, peeks);
}

/** The parts of a cursor. */
const numbersOf = (cursor: string | undefined): number[] => cursor?.split('.').map(Number) ?? [];

function endedName(job: Job): string {
  const { ended, cluster, proc } = historyCursor(job);
  return `${ended}.${cluster}.${proc}`;
}

const constraintOf = (pool: JobPool, text: string | undefined): Constraint | undefined =>
  text === undefined ? undefined : new Constraint(pool, parseExpression(text));
