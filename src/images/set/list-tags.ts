import { GlideinError } from '#base/error.ts';
import { type SetEntry, wants } from './entries.ts';
import { afterAnswer, afterFailure, isOfAuthor, iso, nextFailure } from './schedule.ts';
import type { SetWork } from './set-work.ts';

/** Lists the tags of a repository for all patterns of it. If that fails, the tags that were known before stay. */
export async function listTags(
  entries: readonly SetEntry[],
  work: SetWork,
  signal: AbortSignal,
): Promise<void> {
  const [first] = entries;
  if (first === undefined) return;
  const { registry } = first.reference;
  try {
    const tags = await work.listings.run(
      registry,
      async (rest) => (await work.registries.reader(registry)).tags(first.reference, signal, rest),
      signal,
    );
    for (const entry of entries) take(entry, tags, work);
  } catch (error) {
    signal.throwIfAborted();
    for (const entry of entries) fail(entry, error, work);
  }
}

function take(entry: SetEntry, all: readonly string[], work: SetWork): void {
  const { state, spec, schedule, clock, random } = work;
  const { reference } = entry;
  const tags = all.filter((tag) => wants(entry, { ...reference, tag, digest: undefined }));
  const most = spec.limits.tags - state.tagsOfOthers(entry.text);
  if (tags.length > most) {
    fail(
      entry,
      new GlideinError(
        'TooLarge',
        `${tags.length} tags fit it, and the set may have ${Math.max(0, most)} more`,
        {
          cure: 'write a narrower pattern, exclude some, or raise limits.tags',
        },
      ),
      work,
    );
    return;
  }
  const now = clock.wall();
  state.listed(entry, tags, now);
  state.putListing({
    reference: entry.text,
    tags: tags.length,
    listedAt: iso(now),
    nextCheckAt: iso(afterAnswer(now, schedule, random)),
  });
}

function fail(entry: SetEntry, error: unknown, { state, schedule, clock, random, logger }: SetWork): void {
  const now = clock.wall();
  const before = state.listing(entry.text);
  const failure = nextFailure(error, before?.failure, now);
  const next = isOfAuthor(failure.code)
    ? afterAnswer(now, schedule, random)
    : afterFailure(now, failure.attempts, schedule, random);
  state.putListing({ ...before, reference: entry.text, nextCheckAt: iso(next), failure });
  logger.warn({ images: entry.text, code: failure.code, reason: failure.reason }, 'tags could not be listed');
}
