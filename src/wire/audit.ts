import * as z from 'zod';
import { jobId } from './jobs.ts';
import { role } from './role.ts';

/** What can be done, as the audit calls it. `request` is one that was refused before the pool knew what it was to do. */
export const auditKind = z.enum([
  'submit',
  'remove',
  'hold',
  'release',
  'prioritize',
  'ssh',
  'download',
  'drain',
  'resume',
  'userprio',
  'backup',
  'gc',
  'request',
]);

/** What one act was, in the audit. Times are epoch milliseconds. */
export const auditAct = z.object({
  at: z.number(),
  what: auditKind,
  /** Whose token it was; absent if there was no valid one. */
  subject: z.string().optional(),
  role: role.optional(),
  /** Which of the trusted issuers vouches for the subject; absent for a token signed by the pool's own key. */
  issuer: z.string().optional(),
  /** Who acted for the subject, if the token says so. */
  actor: z.string().optional(),
  /** The address from which the request came. */
  from: z.string().optional(),
  /** What the client calls itself. */
  agent: z.string().optional(),
  /** How many jobs the act concerned. */
  count: z.int().optional(),
  /** Which ones, as intervals: `12.0-12.9`, `12.3`, or `12` for a whole cluster. */
  jobs: z.array(z.string()).optional(),
  /** Whether the last interval includes jobs that the act did not concern: it lists no more intervals. */
  andMore: z.boolean().optional(),
  /** How many of them each owner had. */
  owners: z.record(z.string(), z.int()).optional(),
  /** How many the act named or found, and could not change. */
  refused: z.int().optional(),
  /** How the jobs were selected. */
  constraint: z.string().optional(),
  /** What else it concerned: a pilot, a submitter, a file, a route. */
  object: z.string().optional(),
  /** What the client gave as the reason, or why it was refused. */
  reason: z.string().optional(),
  /** It was refused. */
  denied: z.boolean().optional(),
  /** So many alike until `at`, after one that has a record of its own. */
  times: z.int().optional(),
  /** When the first of those came. */
  firstAt: z.number().optional(),
});

export const auditRecord = auditAct.extend({
  seq: z.int(),
  /** The pool ended before the act did: the record tells how far it had come. */
  unfinished: z.boolean().optional(),
});

export const auditAnswer = z.object({
  /** Numbers are valid within one generation: after a restore from a backup, earlier ones mean nothing. */
  generation: z.string(),
  records: z.array(auditRecord),
  /** Pass this as `after`, or as `before`, in the next request. */
  last: z.int(),
  /** Whether there are no further records yet. */
  isAll: z.boolean(),
});

/** The most records of one answer. */
export const mostAuditRecords = 1000;

export const auditQuery = z.object({
  /** Records after this one, the oldest first; the newest first if absent. */
  after: z.coerce.number().int().min(0).optional(),
  /** Records before this one, the newest first. */
  before: z.coerce.number().int().min(0).optional(),
  limit: z.coerce.number().int().min(1).max(mostAuditRecords).default(mostAuditRecords),
  /** Epoch milliseconds. */
  since: z.coerce.number().optional(),
  until: z.coerce.number().optional(),
  who: z.string().max(256).optional(),
  what: auditKind.optional(),
  job: jobId.optional(),
  from: z.string().max(64).optional(),
  /** With `after`: the most seconds to wait for a record. */
  wait: z.coerce.number().min(0).max(30).default(0),
});

export type AuditKind = z.infer<typeof auditKind>;
export type AuditAct = z.infer<typeof auditAct>;
export type AuditRecord = z.infer<typeof auditRecord>;
export type AuditAnswer = z.infer<typeof auditAnswer>;
