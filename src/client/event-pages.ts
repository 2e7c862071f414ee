import { type EventsAnswer, eventsAnswer } from '#wire/events.ts';
import type { PoolClient } from './pool-client.ts';

export interface EventsWish {
  readonly after: number;
  /** All clusters if absent. */
  readonly clusters?: readonly number[] | undefined;
  /** For an admin: whose jobs. Others hear of their own. */
  readonly owner?: string | undefined;
  /** Seconds that the answer may wait for news. */
  readonly wait?: number;
  readonly signal: AbortSignal;
}

/** The next page of what has happened to jobs. */
export const nextEvents = (client: PoolClient, wish: EventsWish): Promise<EventsAnswer> =>
  client.json('/v1/events', eventsAnswer, {
    query: { after: wish.after, cluster: wish.clusters?.join(','), owner: wish.owner, wait: wish.wait },
    signal: wish.signal,
  });
