import type { Happening } from '#kube/event.ts';
import type { ImageSetStatus, ImageStatus, ListingStatus } from '#spec/image-set-status.ts';

/** The most Events that one answer causes of each kind; the status tells all of them. */
const mostTold = 5;

/** What has been told of an image. */
interface Told {
  readonly digest: string | undefined;
  readonly failure: string | undefined;
}

/** What happens to the images of one set: the difference between two answers of its publisher. */
export class ImageNews {
  #told: ReadonlyMap<string, Told> | undefined;

  /**
   * What is new since the answer before.
   * @param isFirst whether no answer was ever recorded: otherwise the first one that this process gets is no news, because
   * another process has told it
   */
  of({ images, listings }: ImageSetStatus, isFirst: boolean): readonly Happening[] {
    const before = this.#told ?? (isFirst ? new Map<string, Told>() : undefined);
    const now = new Map([...images, ...listings].map((each) => [keyOf(each), toldOf(each)]));
    this.#told = now;
    if (before === undefined) return [];
    const failures = [...images, ...listings].filter(
      (each) => each.failure !== undefined && before.get(keyOf(each))?.failure !== toldOf(each).failure,
    );
    const live = images.filter(
      (each) => each.digest !== undefined && before.get(keyOf(each))?.digest !== each.digest,
    );
    return [
      ...few(failures.map(failed), (more) => `${more} more images fail; the status tells them`, 'Warning'),
      ...few(live.map(published), (more) => `${more} more images are live; the status tells them`, 'Normal'),
    ];
  }
}

const keyOf = (each: ImageStatus | ListingStatus): string =>
  'platform' in each ? `${each.reference} ${each.platform}` : each.reference;

const toldOf = (each: ImageStatus | ListingStatus): Told => ({
  digest: 'digest' in each ? each.digest : undefined,
  failure: each.failure?.reason,
});

const failed = ({ reference, failure }: ImageStatus | ListingStatus): Happening => ({
  type: 'Warning',
  reason: 'ImageFailed',
  action: 'Publish',
  note: `${reference}: ${failure?.code}: ${failure?.reason}`,
});

const published = ({ reference, platform, digest }: ImageStatus): Happening => ({
  type: 'Normal',
  reason: 'Published',
  action: 'Publish',
  note: `${reference} for ${platform} leads to ${digest}`,
});

function few(
  all: readonly Happening[],
  rest: (more: number) => string,
  type: Happening['type'],
): readonly Happening[] {
  if (all.length <= mostTold) return all;
  const reason = type === 'Warning' ? 'ImageFailed' : 'Published';
  return [...all.slice(0, mostTold), { type, reason, action: 'Publish', note: rest(all.length - mostTold) }];
}
