/** Pieces of a pattern that matter for its cost: escapes, classes, brackets, repeats without a bound, the rest. */
const piece = /\\[\s\S]|\[(?:\\[\s\S]|[^\]\\])*\]|\(|\)|[*+]|\{[0-9]*,\}|[\s\S]/g;

/**
 * Whether an unbounded repeat stands inside of an unbounded repeat, as in `(a+)+`: a backtracking matcher may need
 * exponential time for those. Some harmless patterns are caught as well; all of them can be written without.
 */
export function hasNestedRepeats(source: string): boolean {
  const open: boolean[] = [];
  let repeats = false;
  let closedRepeats = false;
  for (const [text] of source.matchAll(piece)) {
    if (isRepeat(text)) {
      if (closedRepeats) return true;
      repeats = true;
      closedRepeats = false;
    } else if (text === '(') {
      open.push(repeats);
      repeats = false;
      closedRepeats = false;
    } else if (text === ')') {
      closedRepeats = repeats;
      repeats = (open.pop() ?? false) || repeats;
    } else closedRepeats = false;
  }
  return false;
}

function isRepeat(text: string): boolean {
  return text === '*' || text === '+' || (text.startsWith('{') && text.endsWith(',}'));
}
