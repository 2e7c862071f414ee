import * as z from 'zod';
import { cleaningStatus, imageCounts, imageStatus, listingStatus } from '#spec/image-set-status.ts';
import { statusBase } from './condition.ts';

/** The most tags, and the most patterns, that the status of a resource tells apart; what has failed comes first. */
export const mostShown = { images: 200, listings: 20 } as const;

const atomic = { 'x-kubernetes-list-type': 'atomic' };

/** What the operator says about a set of images. What is missing is unknown. */
export const imageSetResourceStatus = z
  .strictObject({
    ...statusBase,
    counts: imageCounts.describe('Tags by state.').optional(),
    images: z
      .array(imageStatus)
      .max(mostShown.images)
      .meta(atomic)
      .describe('Tags: first those that have failed, then those that are not live yet, then the newest.')
      .optional(),
    listings: z
      .array(listingStatus)
      .max(mostShown.listings)
      .meta(atomic)
      .describe('Patterns and unreadable entries: first those that have failed.')
      .optional(),
    more: z
      .strictObject({
        images: z.int().min(0).describe('Tags that are not listed here.'),
        listings: z.int().min(0).describe('Patterns that are not listed here.'),
      })
      .describe('How much there is besides what is listed.')
      .optional(),
    cleaning: cleaningStatus.describe('What the last clean-up did.').optional(),
    lastAnswer: z.iso
      .datetime()
      .describe('When the publisher gave the answer that this status repeats.')
      .optional(),
  })
  .describe('What the operator says about the set of images.');

export type ImageSetResourceStatus = z.infer<typeof imageSetResourceStatus>;
