import { type EventsAnswer, eventsAnswer } from '#wire/events.ts';
import type { PoolClient } from './pool-client.ts';

export interface EventsWish {
  readonly after: number;
  /** Default: all clusters. */
  readonly clusters?: readonly number[] | undefined;
  /** For an admin: whose jobs. Other users get only their own. */
  readonly owner?: string | undefined;
  /** Seconds that the pool may wait for an event before it answers. */
  readonly wait?: number;
  readonly signal: AbortSignal;
}

/** The next page of job events. */
export const nextEvents = (client: PoolClient, wish: EventsWish): Promise<EventsAnswer> =>
  client.json('/v1/events', eventsAnswer, {
    query: { after: wish.after, cluster: wish.clusters?.join(','), owner: wish.owner, wait: wish.wait },
    signal: wish.signal,
  });
