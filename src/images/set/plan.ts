import type { ImageStatus } from '#spec/image-set-status.ts';
import { repositoryOf, type SetEntry } from './entries.ts';
import { type Schedule, timeOf } from './schedule.ts';
import type { SetState } from './set-state.ts';

/** One tag that is to be asked for, on all of its platforms. */
export interface DueTag {
  readonly reference: string;
  readonly platforms: readonly string[];
}

/** What a set has to do now. */
export interface Plan {
  /** Patterns whose registries are to list their tags, by repository: one listing serves all patterns of it. */
  readonly listings: ReadonlyMap<string, readonly SetEntry[]>;
  readonly tags: readonly DueTag[];
  /** When something else is due, milliseconds since the epoch. */
  readonly nextAt: number;
}

/**
 * What is due, by what is known. A wall clock that was set back must not keep a set from being looked at: whatever is due
 * later than a schedule can say is due now.
 * @param now milliseconds since the epoch
 */
export function plan(state: SetState, now: number, schedule: Schedule): Plan {
  const latest = now + schedule.every + schedule.retryMost;
  let nextAt = now + schedule.every;
  const isDue = (text: string | undefined): boolean => {
    const at = timeOf(text);
    if (at <= now || at > latest) return true;
    nextAt = Math.min(nextAt, at);
    return false;
  };
  const patterns = state.entries.entries.filter(
    ({ pattern, text }) => pattern !== undefined && isDue(state.listing(text)?.nextCheckAt),
  );
  const wanted = [...state.images].filter(({ unlistedSince }) => unlistedSince === undefined);
  const tags = Map.groupBy(wanted, ({ reference }) => reference);
  return {
    listings: Map.groupBy(patterns, ({ reference }) => repositoryOf(reference)),
    tags: [...tags].flatMap(([reference, images]) =>
      // One request tells about all platforms.
      images.some(({ nextCheckAt }) => isDue(nextCheckAt))
        ? [{ reference, platforms: images.map(({ platform }) => platform) }]
        : [],
    ),
    nextAt,
  };
}

/**
 * Whether an image is to be published, now that its registry has answered.
 * @param found what the registry has under the tag; undefined: it does not say
 * @param linked the image to which the name leads
 */
export function isToPublish(
  { digest, registryDigest, failure }: ImageStatus,
  found: string | undefined,
  linked: string | undefined,
  now: number,
): boolean {
  if (digest !== undefined && digest === linked && found !== undefined && found === registryDigest)
    return false;
  const isSameFailure = failure?.registryDigest !== undefined && failure.registryDigest === found;
  return !isSameFailure || timeOf(failure.retryAt) <= now;
}
