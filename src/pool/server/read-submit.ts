import { setImmediate as nextTurn } from 'node:timers/promises';
import * as z from 'zod';
import { maxProcs, type SubmitRequest, submitProc, submitRequest } from '#wire/jobs.ts';
import { parseBody } from './request.ts';

/** Procs that are validated before other requests get their turn. */
const slice = 1000;

const envelope = submitRequest.extend({ procs: z.array(z.unknown()).min(1).max(maxProcs) });

/**
 * Validates a submit with any number of procs: slice by slice, so that the pool goes on serving meanwhile, and in place, so
 * that memory holds the procs only once.
 * @throws GlideinError InvalidArgument naming the field
 */
export async function readSubmit(body: unknown): Promise<SubmitRequest> {
  const { procs, ...rest } = parseBody(envelope, body);
  for (const [index, proc] of procs.entries()) {
    procs[index] = parseBody(submitProc, proc, `procs.${index}`);
    if (index % slice === slice - 1) await nextTurn();
  }
  return { ...rest, procs: procs as SubmitRequest['procs'] };
}
