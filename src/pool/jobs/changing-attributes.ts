import { poolAttributes } from '#submit/attributes/pool-attributes.ts';

/** Attributes, in lower case, that the pool sets once a job has run; until then what was submitted shows through. */
const measured = ['remoteusercpu', 'memoryusage', 'residentsetsize', 'diskusage'] as const;

/** The attributes, in lower case, whose values no submitted ad tells: `job-ads.ts` and `past-attributes.ts` set them. */
export const changingAttributes: ReadonlySet<string> = new Set([...poolAttributes, ...measured]);
