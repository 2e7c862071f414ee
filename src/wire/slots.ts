import * as z from 'zod';
import { adTexts } from './ad-texts.ts';

/** Where a page of slots begins: after the slot that an answer's `next` names. */
export const slotsCursor = z.string().regex(/^[0-9]{1,16}\.[0-9]{1,16}$/);

/** The most characters of the names in a projection. */
export const longestProjection = 4096;

/** `GET /v1/slots`: slot ads, each partitionable slot before its dynamic slots. */
export const slotsAnswer = z.object({
  slots: z.array(adTexts),
  /** How many slots are on this page. */
  total: z.int(),
  /** There are more slots: ask again with this as `after`. */
  next: slotsCursor.optional(),
});

export type SlotsAnswer = z.infer<typeof slotsAnswer>;
