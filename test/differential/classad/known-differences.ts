import type { Answer } from '../oracle.ts';
import type { Case } from './expressions.ts';

/** A way in which this project departs from the original, on purpose or because the original's answer is an accident. */
export interface KnownDifference {
  readonly reason: string;
  readonly covers: (given: Case, theirs: Answer, ours: Answer) => boolean;
}

function textOf({ expression, my, target }: Case): string {
  return `${expression} ${my ?? ''} ${target ?? ''}`;
}

const randomInList = /stringList.*\brandom\(/i;
const looksBack = /regexp|replace|unresolved/i;
const hugeYear = /Year = -?[0-9]{8}|[0-9]:[0-9]{2} -?[0-9]{8}/;
const hugeNumber = /[0-9]{16}|e1[5-9]|e[2-9][0-9]|e400/i;

export const knownDifferences: readonly KnownDifference[] = [
  {
    reason:
      'the library fails to evaluate, with an exception (random() of no positive number does, and a list function around it makes an error of that); here every expression has a value',
    covers: (given, theirs) =>
      theirs === 'refused' || (theirs === 'error' && randomInList.test(textOf(given))),
  },
  {
    reason:
      'patterns that a matcher of linear time cannot express (look-around, references back, possessive repeats) are an error here',
    covers: (given) => looksBack.test(textOf(given)) && /\(\?=|\(a\)\\\\1|[*+?}]\+/.test(textOf(given)),
  },
  {
    reason:
      'in a match, parent, root and toplevel show an ad that the original makes for itself; undefined here',
    covers: (given) => given.target !== null && /\b(?:parent|root|toplevel)\b/i.test(textOf(given)),
  },
  {
    reason:
      'instants whose year needs more than 32 bits, or whose seconds need more than 53, are nonsense in both',
    covers: (given, theirs, ours) =>
      /splitTime|formatTime|getYear|absTime/i.test(textOf(given)) &&
      (hugeNumber.test(textOf(given)) || hugeYear.test(String(theirs)) || hugeYear.test(String(ours))),
  },
];
