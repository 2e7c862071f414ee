/** Stands for `$(DOLLAR)` until everything else is expanded; no submit file contains this character. */
export const dollarMark = '\u0000';

/**
 * Replaces the marks by dollars. HTCondor replaces one after the other and takes `$$(` for a reference to the slot, so the
 * second of two adjacent ones stays as it was written.
 */
export function withDollars(text: string): string {
  if (!text.includes(dollarMark)) return text;
  return text.replaceAll(dollarMark + dollarMark, '$$$$(DOLLAR)').replaceAll(dollarMark, '$$');
}
