import * as z from 'zod';
import { groupBid, pilotSupply } from './bid.ts';

/** `GET /v1/pilots`: the registered pilots, and what the bidders last decided. */
export const pilotsAnswer = z.object({
  pilots: z.array(pilotSupply.extend({ slot: pilotSupply.shape.free, registeredAt: z.number() })),
  bidders: z.array(z.object({ site: z.string(), groups: z.array(groupBid), heardSecondsAgo: z.number() })),
});

/** `POST /v1/pilots/UID/gone`: the bidder's proof that this pilot's processes are dead. */
export const pilotGone = z.object({ reason: z.string().min(1).max(1024) });

/** How many jobs it held, which run again. */
export const pilotGoneAnswer = z.object({ requeued: z.int() });

/** `POST /v1/pilots/UID/drain`. */
export const pilotDrain = z.object({ reason: z.string().min(1).max(1024) });

export type PilotsAnswer = z.infer<typeof pilotsAnswer>;
