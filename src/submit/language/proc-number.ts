import type { Expression } from '#classad/ast.ts';
import { children } from '#classad/children.ts';
import { parseExpression } from '#classad/parser.ts';
import { withStandIn } from './cluster-number.ts';

/** Stands for the number of each proc in the texts of a series: procs that differ in nothing else. */
export const procPlaceholder = '$(ProcId)';

/** No proc has this number. It begins with an octal digit, so that it changes where a proc's number could be part of an escape. */
const standIn = '1298407519266';

/** A text of a series for the proc with this number. */
export const substituteProc = (text: string, proc: number | string): string =>
  text.replaceAll(procPlaceholder, String(proc));

/**
 * Whether a text of a series stays an expression whatever number the placeholder stands for: it stands in strings, or where a
 * number stands by itself, and not in a part of a number, a name, an escape or a comment.
 * @throws GlideinError InvalidExpression if it is none with any number
 */
export function fitsEveryProc(text: string): boolean {
  const places = text.split(procPlaceholder).length - 1;
  const expression = parseExpression(withStandIn(substituteProc(text, standIn)));
  return places === standInsOf(expression);
}

function standInsOf(expression: Expression): number {
  let found = 0;
  const left = [expression];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    if (next.kind === 'literal') found += standInsIn(next.value);
    else left.push(...children(next));
  }
  return found;
}

function standInsIn(value: unknown): number {
  if (typeof value === 'string') return value.split(standIn).length - 1;
  return typeof value === 'number' && Math.abs(value) === Number(standIn) ? 1 : 0;
}
