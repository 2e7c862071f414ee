import { Readable } from 'node:stream';
import * as z from 'zod';
import type { Clock } from '#base/clock.ts';
import { sleep } from '#base/sleep.ts';
import { eventsAnswer, longestWait, mostClusters } from '#wire/events.ts';
import { wholeCluster } from '../jobs/job-event.ts';
import type { Ledger } from '../queue/ledger.ts';
import type { ChangeSignal } from '../registry/change-signal.ts';
import type { Volume } from '../spool/volume.ts';
import type { EventPage, EventQuery, EventRow } from '../store/event-rows.ts';
import type { Store } from '../store/store.ts';
import { bearerName } from './bearer-name.ts';
import { eventStream, heartbeat, resumedAfter } from './event-stream.ts';
import { FairQueue } from './fair-queue.ts';
import { readerGone } from './request.ts';
import type { RequestSlots } from './request-slots.ts';
import type { Routes } from './route.ts';

/** The parts of the pool that these routes need. */
export interface EventPool {
  readonly generation: string;
  readonly store: Pick<Store, 'lastSeq' | 'events'>;
  readonly ledger: Pick<Ledger, 'settled'>;
  readonly volume: Pick<Volume, 'orFull'>;
  readonly eventChange: ChangeSignal;
  readonly clock: Clock;
}

const clusters = z
  .string()
  .regex(/^[1-9][0-9]{0,15}(,[1-9][0-9]{0,15})*$/, 'write cluster numbers such as 12,13')
  .transform((text) => [...new Set(text.split(',').map(Number))])
  .refine((numbers) => numbers.length <= mostClusters, `name ${mostClusters} clusters at most`);

const eventsQuery = z.object({
  after: z.coerce.number().int().min(0).default(0),
  cluster: clusters.optional(),
  owner: z.string().max(256).optional(),
  wait: z.coerce.number().min(0).max(longestWait).default(0),
});

/** After the first event, milliseconds that an answer waits for more: many clients wait, and each causes a query. */
const settle = 100;

interface Served {
  readonly slots: RequestSlots;
  /** Aborted when the server ends. */
  readonly ending: AbortSignal;
}

/** The route for events of jobs: owners get those of their own jobs, an admin gets everybody's. */
export function eventRoutes(app: Routes, pool: EventPool, { slots, ending }: Served): void {
  const bounds = { slots, queries: new FairQueue() };
  const door = {
    summary: 'What has happened to jobs since an earlier event',
    roles: ['submitter'] as const,
    answer: eventsAnswer,
    streams: true,
    scope: 'compute.read' as const,
    errors: ['NoSpace'] as const,
  };
  const options = { schema: { querystring: eventsQuery }, config: { door, waits: true } };
  app.get('/v1/events', options, async (request, reply) => {
    const { query } = request;
    const { role, subject } = request.identity;
    const wish = {
      by: bearerName(request.identity),
      after: query.after,
      owner: role === 'admin' ? query.owner : subject,
      clusters: query.cluster ?? [],
    };
    const gone = readerGone(reply, ending);
    if (request.headers.accept?.includes('text/event-stream') === true) {
      const texts = eventStream({
        generation: pool.generation,
        after: resumedAfter(String(request.headers['last-event-id'] ?? query.after), pool.generation),
        next: async (after) => {
          const { rows, through } = await waited(
            pool,
            bounds,
            { ...wish, after },
            { milliseconds: heartbeat, gone },
          );
          return { through, events: rows.map((row) => ({ seq: row.seq, text: eventText(row) })) };
        },
        sent: () => slots.leave(wish.by),
        isOver: () => gone.aborted || pool.clock.wall() >= request.identity.expiresAt,
      });
      return reply
        .type('text/event-stream')
        .headers({ 'cache-control': 'no-cache', 'x-accel-buffering': 'no' })
        .send(Readable.from(texts, { objectMode: false }));
    }
    const page = await waited(pool, bounds, wish, { milliseconds: query.wait * 1000, gone });
    slots.leaveAfter(wish.by, reply);
    const events = page.rows.map((row) => eventText(row)).join(',');
    const rest = `"through":${page.through},"isAll":${page.isAll}`;
    const text = `{"generation":${JSON.stringify(pool.generation)},${rest},"events":[${events}]}`;
    return reply.type('application/json').send(text);
  });
}

type Wish = Omit<EventQuery, 'through'> & {
  /** Who asks. */
  readonly by: string;
};

type Found = EventPage & { readonly isAll: boolean };

/** What bounds the queries of users. */
interface Bounds {
  readonly slots: RequestSlots;
  readonly queries: FairQueue;
}

/**
 * Waits until there are events, the time is over, or the client is gone. Afterwards the request has entered its slot, which
 * is left free while it waits.
 */
async function waited(
  pool: EventPool,
  { slots, queries }: Bounds,
  wish: Wish,
  { milliseconds, gone }: { readonly milliseconds: number; readonly gone: AbortSignal },
): Promise<Found> {
  const until = pool.clock.monotonic() + milliseconds;
  for (let after = wish.after; ; ) {
    // Read before the query, so that an event during the query ends the wait below.
    const { version } = pool.eventChange;
    await slots.enter(wish.by, () => gone);
    const page = await look(pool, queries, { ...wish, after }).catch((error: unknown) => {
      slots.leave(wish.by);
      throw error;
    });
    const left = until - pool.clock.monotonic();
    if (page.rows.length > 0 || !page.isAll || left <= 0 || gone.aborted) return page;
    slots.leave(wish.by);
    after = page.through;
    await pool.eventChange.wait(version, left, gone);
    await sleep(pool.clock, Math.min(settle, left), gone);
  }
}

/** Reads the events that are on the disk. */
async function look(pool: EventPool, queries: FairQueue, { by, ...wish }: Wish): Promise<Found> {
  const through = pool.store.lastSeq;
  await pool.volume.orFull(pool.ledger.settled());
  const page = await queries.run(by, () => pool.store.events({ ...wish, through }));
  return { ...page, isAll: page.through >= through };
}

function eventText({ seq, cluster, proc, at, detail }: EventRow): string {
  const job = proc === wholeCluster ? `${cluster}` : `${cluster}.${proc}`;
  return `{"seq":${seq},"job":"${job}","at":${at},"what":${detail}}`;
}
