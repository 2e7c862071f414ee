import { isCode } from '#base/error.ts';
import { evaluate } from '#classad/evaluate.ts';
import { parseAd, parseExpression } from '#classad/parser.ts';
import { printValue } from '#classad/print.ts';
import type { Answer, Question } from '../oracle.ts';
import type { Case } from './expressions.ts';

/** The users of the root that the original runs in. */
const homes: Readonly<Record<string, string>> = { root: '/root', nobody: '/nonexistent' };

export function questionOf({ expression, my, target }: Case): Question {
  return ['e', expression, my, target];
}

/** What this project makes of a case: the printed value, or null where something in it does not parse. */
export function ourAnswer({ expression, my, target }: Case): Answer {
  try {
    const ad = parseAd(my ?? '[]');
    const other = target === null ? undefined : parseAd(target);
    return printValue(
      evaluate(parseExpression(expression), ad, other, {
        now: () => Date.now() / 1000,
        random: Math.random,
        home: (user: string) => homes[user],
      }),
    );
  } catch (error) {
    if (isCode(error, 'InvalidExpression')) return null;
    throw error;
  }
}
