import { setImmediate as nextTurn } from 'node:timers/promises';
import * as z from 'zod';
import { maxProcs, type SubmitRequest, submitProc, submitRequest } from '#wire/jobs.ts';
import { parseBody } from './parse-body.ts';

/** Procs that are read before others get their turn. */
const slice = 1000;

const envelope = submitRequest.extend({ procs: z.array(z.unknown()).min(1).max(maxProcs) });

/**
 * A submit, however many procs it has: they are read slice by slice, in the place in which they came, so that the pool
 * goes on meanwhile and holds them once.
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
