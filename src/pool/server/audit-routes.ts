import type * as z from 'zod';
import type { Clock } from '#base/clock.ts';
import { GlideinError } from '#base/error.ts';
import { type AuditAct, type AuditAnswer, type AuditRecord, auditAnswer, auditQuery } from '#wire/audit.ts';
import type { Identity } from '../auth/tokens.ts';
import type { Queue } from '../queue/queue.ts';
import type { ChangeSignal } from '../registry/change-signal.ts';
import { isOwn } from '../store/audit-conditions.ts';
import type { AuditPage, AuditQuery, AuditViewer } from '../store/audit-rows.ts';
import type { Store } from '../store/store.ts';
import { bearerName } from './bearer-name.ts';
import { FairQueue } from './fair-queue.ts';
import { readerGone } from './request.ts';
import type { RequestSlots } from './request-slots.ts';
import type { Door, Routes } from './route.ts';

/** The parts of the pool that this route needs. */
export interface AuditPool {
  readonly generation: string;
  readonly store: Pick<Store, 'auditPage'>;
  readonly queue: Pick<Queue, 'cluster'>;
  readonly auditChange: ChangeSignal;
  readonly clock: Clock;
}

interface Served {
  readonly slots: RequestSlots;
  /** Aborted when the server ends. */
  readonly ending: AbortSignal;
}

const door: Door = {
  summary: 'Who did what: everything for an admin; for others what they did, and what was done to their jobs',
  roles: ['submitter', 'operator'],
  answer: auditAnswer,
};

/** The route for the audit. Its records are on the disk, so nothing has to be awaited before they are told. */
export function auditRoutes(app: Routes, pool: AuditPool, { slots, ending }: Served): void {
  const queries = new FairQueue();
  const options = { schema: { querystring: auditQuery }, config: { door, waits: true } };
  app.get('/v1/audit', options, async (request, reply): Promise<AuditAnswer> => {
    const { query, identity } = request;
    const by = bearerName(identity);
    const gone = readerGone(reply, ending);
    const wish = wishOf(query, identity, pool.queue);
    const until = pool.clock.monotonic() + query.wait * 1000;
    for (let from = wish.from; ; ) {
      // Read before the query, so that an act during the query ends the wait below.
      const { version } = pool.auditChange;
      await slots.enter(by, () => gone);
      const page = await queries
        .run(by, () => pool.store.auditPage({ ...wish, from }))
        .finally(() => slots.leave(by));
      const left = until - pool.clock.monotonic();
      if (page.rows.length > 0 || !page.isAll || left <= 0 || gone.aborted)
        return answerOf(pool, page, identity);
      from = page.last;
      await pool.auditChange.wait(version, left, gone);
    }
  });
}

function wishOf(
  query: z.output<typeof auditQuery>,
  identity: Identity,
  queue: AuditPool['queue'],
): AuditQuery {
  requireSense(query);
  const { after, before = Number.MAX_SAFE_INTEGER, limit, since, until, who, what, job, from } = query;
  return {
    ...(after === undefined ? { order: 'down', from: before } : { order: 'up', from: after }),
    limit,
    since,
    until,
    subject: who,
    what,
    job: job === undefined ? undefined : jobIn(job, queue),
    address: from,
    viewer: identity.role === 'admin' ? undefined : viewerOf(identity),
  };
}

const viewerOf = ({ subject, role, site }: Identity): AuditViewer => ({ subject, role, issuer: site });

/** @throws GlideinError InvalidArgument */
function requireSense({ after, before, wait }: z.output<typeof auditQuery>): void {
  if (after !== undefined && before !== undefined)
    throw new GlideinError('InvalidArgument', 'a page begins either after a record or before one');
  if (after === undefined && wait > 0)
    throw new GlideinError('InvalidArgument', 'there is nothing to wait for before the newest record', {
      cure: 'say after which record',
    });
}

function jobIn(name: string, queue: AuditPool['queue']): NonNullable<AuditQuery['job']> {
  const [cluster = 0, proc] = name.split('.').map(Number);
  return { cluster, proc, owner: queue.cluster(cluster)?.owner };
}

const answerOf = (
  { generation }: AuditPool,
  { rows, last, isAll }: AuditPage,
  identity: Identity,
): AuditAnswer => ({
  generation,
  records: rows.map(({ seq, open, record }) => ({
    seq,
    ...visible(JSON.parse(record) as AuditAct, identity),
    ...(open === 1 && { unfinished: true }),
  })),
  last,
  isAll,
});

/** What the owner of some of the jobs sees of an act of somebody else: nothing of other users' jobs. */
function visible(act: AuditAct, identity: Identity): Omit<AuditRecord, 'seq' | 'unfinished'> {
  const { role, subject } = identity;
  if (role === 'admin' || isOwn(act, viewerOf(identity))) return act;
  const own = act.owners?.[subject] ?? 0;
  if (own === act.count) return act;
  const {
    jobs: _,
    andMore: _more,
    constraint: _constraint,
    object: _object,
    refused: _refused,
    ...rest
  } = act;
  return { ...rest, count: own, owners: { [subject]: own } };
}
