import { describe, expect, it } from 'vitest';
import type { Mutation } from '#testing/lease-protocol/mutation.ts';
import { mutations } from '#testing/lease-protocol/mutations.ts';
import { type Story, stories } from '#testing/lease-protocol/stories.ts';
import { tell } from '#testing/lease-protocol/tell.ts';

/** The same scenarios each time, so that a failure comes again; `npm run soak -- lease` looks for new ones. */
const seed = 1;

describe('the lease protocol', () => {
  it.each(Object.keys(stories) as Story[])(
    'never runs a job twice at once, records one completion of each and loses none: %s',
    async (story) => {
      const { executions, broken } = await tell(story, { runs: 20, seed });
      expect(broken).toBeUndefined();
      expect(executions).toBeGreaterThan(80);
    },
  );

  it.each(Object.entries<Mutation & { readonly story: Story }>(mutations))(
    'it is noticed when %s',
    async (_mistake, { story, ...mutation }) => {
      const { broken } = await tell(story, { runs: 200, seed, mutation });
      expect(broken?.violations).not.toEqual([]);
      expect(broken).toBeDefined();
    },
  );
});
