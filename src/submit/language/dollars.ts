/** Stands for `$(DOLLAR)` until everything else is expanded: no submit file has this character. */
export const dollarMark = '\u0000';

/**
 * The text with its dollars. HTCondor puts them in one after the other, and takes `$$(` for a reference to the slot: the second
 * of two in a row stays as it was written.
 */
export function withDollars(text: string): string {
  if (!text.includes(dollarMark)) return text;
  return text.replaceAll(dollarMark + dollarMark, '$$$$(DOLLAR)').replaceAll(dollarMark, '$$');
}
