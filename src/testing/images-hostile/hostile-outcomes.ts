import type { ImageSetStatus } from '#spec/image-set-status.ts';
import type { HostileKind } from './hostile-kinds.ts';

/** One image of a kind in the hostile registry. */
export interface Attack {
  readonly name: string;
  readonly kind: HostileKind;
  readonly reference: string;
}

/** What a set is to come to. */
export interface Aims {
  /** Good images, and those of them that are in a registry of their own. */
  readonly wanted: readonly string[];
  readonly elsewhere: readonly string[];
  readonly attacks: readonly Attack[];
}

/** What each entry of the set has come to: its images and, for a pattern, its listing. */
function outcomeOf(status: ImageSetStatus | undefined, reference: string) {
  const image = status?.images.find((each) => each.reference === reference);
  const listing = status?.listings.find((each) => each.reference === reference);
  return { isLive: image?.digest !== undefined, failure: image?.failure ?? listing?.failure };
}

/** What passes by itself when others give back what they have taken. */
const passing: ReadonlySet<string> = new Set(['NoSpace', 'Timeout']);

/** How many good images are live, whether those of a registry of their own are, and which others are to come. */
export function stateOf(status: ImageSetStatus | undefined, { wanted, elsewhere, attacks }: Aims) {
  const isLive = (reference: string): boolean => outcomeOf(status, reference).isLive;
  const live = wanted.filter(isLive).length;
  const open = attacks.filter(({ kind, reference }) => {
    const { failure } = outcomeOf(status, reference);
    if (failure === undefined) return !isLive(reference);
    return passing.has(failure.code) && kind.reason?.test(failure.reason) !== true;
  });
  return { live, isLiveElsewhere: elsewhere.every(isLive), open: open.map(({ name }) => name) };
}

/** How many images that do harm have failed by the reason of their kind. */
export const failedByReason = (status: ImageSetStatus | undefined, { attacks }: Aims): number =>
  attacks.filter(({ kind: { reason }, reference }) => {
    const { failure } = outcomeOf(status, reference);
    return reason !== undefined && failure !== undefined && reason.test(failure.reason);
  }).length;

/** Every image that has not come to what it should, in words. */
export function wrongIn(status: ImageSetStatus | undefined, { wanted, attacks }: Aims): string[] {
  const dead = wanted.flatMap((reference) => {
    const { isLive, failure } = outcomeOf(status, reference);
    return isLive ? [] : [`the good image ${reference} is not live: ${failure?.reason ?? 'it is to come'}`];
  });
  const others = attacks.flatMap(({ name, kind: { reason }, reference }) => {
    const { isLive, failure } = outcomeOf(status, reference);
    const isAsWanted = reason === undefined ? isLive : failure !== undefined && reason.test(failure.reason);
    if (isAsWanted) return [];
    const otherwise = isLive ? 'live' : 'to come';
    const what = failure === undefined ? otherwise : `${failure.code}: ${failure.reason.slice(0, 300)}`;
    return [`${name} is ${what}, not ${String(reason ?? 'live')}`];
  });
  return [...dead, ...others];
}
