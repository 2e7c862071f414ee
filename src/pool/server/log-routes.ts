import * as z from 'zod';
import { GlideinError } from '#base/error.ts';
import { jobId } from '#wire/jobs.ts';
import type { Peek } from '#wire/pool-messages.ts';
import type { AuditTrail } from '../audit/audit-trail.ts';
import { requireOwner } from '../auth/access.ts';
import type { Collector } from '../collector/collector.ts';
import { type Claim, type Job, jobName } from '../jobs/job.ts';
import type { JobSources } from '../queue/history.ts';
import type { Ledger } from '../queue/ledger.ts';
import type { Blobs } from '../spool/blobs.ts';
import type { Volume } from '../spool/volume.ts';
import { namedJob, ownedJob } from './named-job.ts';
import type { Peeks } from './peeks.ts';
import { readerGone } from './request.ts';
import type { Routes } from './route.ts';

/** The parts of the pool that these routes need. */
export type LogPool = JobSources & {
  readonly blobs: Pick<Blobs, 'read'>;
  readonly collector: Collector;
  readonly audit: Pick<AuditTrail, 'doer' | 'read'>;
  readonly ledger: Pick<Ledger, 'settled'>;
  readonly volume: Pick<Volume, 'orFull'>;
};

const logQuery = z.object({ offset: z.coerce.number().int().min(0).default(0) });
const logParams = z.object({ job: jobId, stream: z.enum(['stdout', 'stderr']) });

/** The route for what a job prints, while it runs and afterwards. */
export function logRoutes(app: Routes, pool: LogPool, peeks: Peeks): void {
  const door = {
    summary: 'What a job prints, while it runs and afterwards, from a byte on',
    roles: ['submitter'] as const,
    answer: 'file' as const,
    scope: 'compute.read' as const,
    errors: ['NotFound', 'Timeout'] as const,
  };
  app.get(
    '/v1/jobs/:job/logs/:stream',
    { schema: { params: logParams, querystring: logQuery }, config: { door, act: 'download' } },
    async (request, reply) => {
      const { stream } = request.params;
      const { offset } = request.query;
      const job = await namedJob(pool, request.params.job);
      requireOwner(request.identity, job.cluster.owner, request.params.job);
      const by = pool.audit.doer(request.raw, request.identity);
      const owned = ownedJob(job);
      await pool.audit.read(by, 'download', `${stream} ${jobName(job)}`, () => ({
        about: { object: stream },
        owned,
      }));
      // What is read now is all only if nothing runs now: the job may end while its pilot answers.
      const { epoch, claim } = job;
      // Memory is ahead of the disk: a crash could undo the end, and then more would be printed.
      if (claim === undefined) await pool.volume.orFull(pool.ledger.settled());
      const content = await readLog(pool, peeks, { job, claim }, { stream, offset }, readerGone(reply));
      return reply
        .header('x-glidein-final', String(claim === undefined))
        .header('x-glidein-epoch', epoch)
        .type('application/octet-stream')
        .send(content);
    },
  );
}

/** What a job printed: from the spool once it has ended, from its pilot while it runs. */
async function readLog(
  pool: LogPool,
  peeks: Peeks,
  { job, claim }: { readonly job: Job; readonly claim: Claim | undefined },
  { stream, offset }: Pick<Peek, 'stream' | 'offset'>,
  gone: AbortSignal,
) {
  if (claim === undefined) {
    const file = job[stream];
    return file === undefined || offset >= file.size ? '' : pool.blobs.read(file.digest, offset);
  }
  const connection = pool.collector.get(claim.pilotUid)?.connection;
  if (connection === undefined)
    throw new GlideinError('Unavailable', 'the pilot of this job is not connected now');
  return peeks.ask(claim, { stream, offset }, (peek) => connection.send(peek), gone);
}
