import * as z from 'zod';
import { truncate } from '#base/truncate.ts';

/** Text for people, in any message. A longer one is truncated: no message may be refused because its explanation is long. */
export const words = (most: number) => z.string().overwrite((text) => truncate(text, most));
