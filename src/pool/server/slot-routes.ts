import * as z from 'zod';
import type { ClassAd } from '#classad/class-ad.ts';
import { parseExpression } from '#classad/parser.ts';
import { longestConstraint } from '#wire/jobs.ts';
import { longestProjection, slotsAnswer, slotsCursor } from '#wire/slots.ts';
import type { Ledger } from '../queue/ledger.ts';
import type { Volume } from '../spool/volume.ts';
import { listedPage } from './listed-page.ts';
import { readerGone } from './request.ts';
import type { Door, Routes } from './route.ts';
import {
  placeOf,
  projected,
  type Slot,
  type SlotPlace,
  type SlotPool,
  satisfies,
  slotAdOf,
  slotsAfter,
} from './slot-list.ts';
import { streamed } from './streamed.ts';
import type { Turns } from './turns.ts';

/** The parts of the pool that these routes need. */
export type ListedSlots = SlotPool & {
  readonly ledger: Pick<Ledger, 'settled'>;
  readonly volume: Pick<Volume, 'orFull'>;
};

/** The default number of slots on a page. */
const usualPage = 10_000;

const slotsQuery = z.object({
  constraint: z.string().max(longestConstraint).optional(),
  /** Names of attributes, separated by commas. */
  projection: z.string().max(longestProjection).optional(),
  limit: z.coerce.number().int().min(1).max(1_000_000).default(usualPage),
  after: slotsCursor.optional(),
});

const door: Door = {
  summary: 'Slot ads, whole or with the attributes that a projection names',
  roles: ['submitter', 'operator'],
  answer: slotsAnswer,
  errors: ['InvalidExpression', 'NoSpace'],
};

/** Routes with which people and programs look at slots. */
export function slotRoutes(app: Routes, pool: ListedSlots, turns: Turns): void {
  app.get('/v1/slots', { schema: { querystring: slotsQuery }, config: { door } }, async (request, reply) => {
    const { query } = request;
    const { subject } = request.identity;
    const constraint = query.constraint === undefined ? undefined : parseExpression(query.constraint);
    const names = query.projection?.split(',').map((name) => name.trim());
    // Built once, and read twice.
    let looked: { readonly slot: Slot; readonly ad: ClassAd } | undefined;
    const adOf = (slot: Slot): ClassAd => {
      if (looked?.slot !== slot) looked = { slot, ad: slotAdOf(pool, slot) };
      return looked.ad;
    };
    const parts = listedPage(slotsAfter(pool, placeIn(query.after)), {
      items: 'slots',
      limit: query.limit,
      wanted: (slot) => constraint === undefined || satisfies(adOf(slot), constraint, pool.clock),
      text: (slot) => JSON.stringify(projected(adOf(slot), names)),
      cursor: (slot) => cursorOf(placeOf(slot)),
      counted: false,
      signal: readerGone(reply),
      turn: (spent) => turns.next(subject, spent),
      charge: (spent) => turns.charge(subject, spent),
    });
    const content = await streamed(parts, () => pool.volume.orFull(pool.ledger.settled()));
    return reply.type('application/json').send(content);
  });
}

const cursorOf = ({ pilot, slot }: SlotPlace): string => `${pilot}.${slot}`;

function placeIn(cursor: string | undefined): SlotPlace | undefined {
  if (cursor === undefined) return undefined;
  const [pilot = 0, slot = 0] = cursor.split('.').map(Number);
  return { pilot, slot };
}
