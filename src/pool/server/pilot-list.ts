import type { Clock } from '#base/clock.ts';
import type { PilotsAnswer } from '#wire/pilots.ts';
import type { Collector } from '../collector/collector.ts';
import type { Pilot } from '../collector/pilot.ts';
import type { Bidders } from '../registry/bidders.ts';
import { supply } from '../registry/demand.ts';

interface Listed {
  readonly collector: Collector;
  readonly bidders: Bidders;
  readonly clock: Clock;
}

/** Pilots that are listed before other requests get their turn. */
const slice = 100;

/**
 * The JSON of all pilots and sites, part by part.
 * @param turn resolves when it is the turn of this request
 */
export async function* pilotsPage(pool: Listed, turn: () => Promise<void>): AsyncGenerator<string> {
  yield '{"pilots":[';
  let told = 0;
  for (const pilot of pool.collector.all()) {
    if (told % slice === 0) await turn();
    yield `${told === 0 ? '' : ','}${JSON.stringify(entry(pool, pilot))}`;
    told += 1;
  }
  const bidders: PilotsAnswer['bidders'] = pool.bidders
    .current()
    .map(({ site, bid: { groups }, heardSecondsAgo }) => ({ site, groups, heardSecondsAgo }));
  yield `],"bidders":${JSON.stringify(bidders)}}`;
}

function entry({ clock }: Listed, pilot: Pilot): PilotsAnswer['pilots'][number] {
  const now = clock.monotonic();
  return {
    ...supply(pilot, now),
    slot: pilot.facts.slot.toTexts(),
    registeredAt: clock.wall() - (now - pilot.registeredAt),
  };
}
