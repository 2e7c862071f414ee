/** Whether a tag of a set is a pattern: it contains a character that no tag may have. */
export const isPattern = (tag: string): boolean => /[*?[\]]/.test(tag);

/** One character of a tag, or any number of them. */
type Piece = '*' | ((character: string) => boolean);

/**
 * Whether a tag fits a pattern as shells have them: `*`, `?`, `[abc]`, `[a-z]`, `[!abc]`. A bracket that nothing closes stands for itself.
 *
 * **Gotchas.** Patterns and tags come from strangers: this takes at most the product of their lengths, and no regular expression is made.
 */
export function tagFits(tag: string, pattern: string): boolean {
  const pieces = piecesOf(pattern);
  let at = 0;
  let piece = 0;
  let star: { readonly piece: number; at: number } | undefined;
  while (at < tag.length) {
    const next = pieces[piece];
    if (next === '*') {
      star = { piece, at };
      piece += 1;
    } else if (next?.(tag.charAt(at)) === true) {
      piece += 1;
      at += 1;
    } else if (star === undefined) return false;
    else {
      // The last star takes one character more.
      star.at += 1;
      at = star.at;
      piece = star.piece + 1;
    }
  }
  return pieces.slice(piece).every((each) => each === '*');
}

function piecesOf(pattern: string): Piece[] {
  const pieces: Piece[] = [];
  for (let at = 0; at < pattern.length; at += 1) {
    const character = pattern.charAt(at);
    const end = character === '[' ? pattern.indexOf(']', at + (pattern.charAt(at + 1) === '!' ? 3 : 2)) : -1;
    if (end > 0) {
      pieces.push(oneOf(pattern.slice(at + 1, end)));
      at = end;
    } else if (character === '*') pieces.push('*');
    else pieces.push((each) => character === '?' || each === character);
  }
  return pieces;
}

function oneOf(text: string): (character: string) => boolean {
  const isNegated = text.startsWith('!');
  const set = isNegated ? text.slice(1) : text;
  return (character) => isIn(set, character) !== isNegated;
}

function isIn(set: string, character: string): boolean {
  for (let at = 0; at < set.length; at += 1) {
    const isRange = set.charAt(at + 1) === '-' && at + 2 < set.length;
    const last = isRange ? set.charAt(at + 2) : set.charAt(at);
    if (set.charAt(at) <= character && character <= last) return true;
    if (isRange) at += 2;
  }
  return false;
}
