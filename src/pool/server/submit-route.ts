import type { Readable } from 'node:stream';
import * as z from 'zod';
import { seriesRequest, submitAnswer, submitRequest } from '#wire/jobs.ts';
import type { AuditTrail } from '../audit/audit-trail.ts';
import { Intake } from '../intake/intake.ts';
import { bytesPerSubmittedByte } from '../queue/memory.ts';
import { Submission, type SubmittedTo } from '../queue/submission.ts';
import type { Door, Routes } from './route.ts';

/** The parts of the pool that this route needs. */
export type SubmitPool = SubmittedTo & {
  readonly audit: Pick<AuditTrail, 'doer'>;
  readonly metrics: { submitted(milliseconds: number): void };
};

/** The largest submit, in bytes: a million small procs. */
const maxSubmitBytes = 256 * 2 ** 20;

const door = {
  summary: 'Puts a cluster of jobs into the queue',
  roles: ['submitter'],
  scope: 'compute.create',
  body: z.union([submitRequest, seriesRequest]),
  answer: submitAnswer,
  errors: ['InvalidExpression', 'NotFound', 'Conflict', 'NoSpace', 'Unsupported'],
} as const satisfies Door;

/** The route with which users queue jobs. Its bodies may be large, so they are read as they arrive. */
export function submitRoute(app: Routes, pool: SubmitPool): void {
  const submission = new Submission(pool);
  const intake = new Intake();
  const bodyLimit = Math.min(maxSubmitBytes, Math.floor(pool.memory.requests / bytesPerSubmittedByte));
  app.addHook('onClose', async () => intake.close());
  app.register(async (submits) => {
    submits.removeAllContentTypeParsers();
    submits.addContentTypeParser('application/json', async (_request: unknown, body: Readable) => body);
    submits.post<{ Body: Readable }>(
      '/v1/jobs',
      { bodyLimit, config: { changesJobs: true, door, act: 'submit', bodyCost: bytesPerSubmittedByte } },
      async (request) => {
        const began = pool.clock.monotonic();
        const owner = request.identity.subject;
        const submit = await intake.read(request.body, owner, bodyLimit);
        const answer = await submission.accept(submit, owner, pool.audit.doer(request.raw, request.identity));
        pool.metrics.submitted(pool.clock.monotonic() - began);
        return answer;
      },
    );
  });
}
