import type { WhyKind } from '#wire/why.ts';

/** What keeps a job from running. */
export interface Cause {
  /** For programs. */
  readonly kind: WhyKind;
  /** The cause and its cure, without a capital letter at the beginning or a full stop at the end. */
  readonly text: string;
}

/** A text as a sentence. */
export const sentenceOf = (text: string): string =>
  `${text.slice(0, 1).toUpperCase()}${text.slice(1)}${/[.?!]$/.test(text) ? '' : '.'}`;

/** `a, b or c` of at most so many, and how many more there are. */
export function listed(items: readonly string[], word: 'and' | 'or' = 'and', most = 3): string {
  const more = items.length - most;
  const told = more > 0 ? [...items.slice(0, most), `${more} more`] : items;
  const last = told.at(-1) ?? '';
  return told.length < 2 ? last : `${told.slice(0, -1).join(', ')} ${more > 0 ? 'and' : word} ${last}`;
}
