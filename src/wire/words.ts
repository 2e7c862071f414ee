import * as z from 'zod';
import { truncate } from '#base/truncate.ts';

/** Text for people: what is longer is cut, since no message may fail for the length of an explanation. */
export const words = (most: number) => z.string().overwrite((text) => truncate(text, most));
