import { z } from 'zod';
import { ClassAd } from '#classad/class-ad.ts';

/** A ClassAd on the wire: attribute name → text of its expression (new ClassAd syntax). */
export const adTexts = z.record(z.string().max(256), z.string().max(1_048_576));

export type AdTexts = z.infer<typeof adTexts>;

/**
 * The ad that `texts` stands for.
 * @throws GlideinError InvalidExpression naming what does not parse.
 */
export const adFromTexts = (texts: AdTexts): ClassAd => ClassAd.fromTexts(texts);
