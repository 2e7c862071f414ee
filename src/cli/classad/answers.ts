import { isCode, type Place } from '#base/error.ts';
import type { ClassAd } from '#classad/class-ad.ts';
import type { Environment } from '#classad/environment.ts';
import { evaluate } from '#classad/evaluate.ts';
import { parseAd, parseExpression } from '#classad/parser.ts';
import { printValue } from '#classad/print.ts';
import { symmetricMatch } from '#classad/symmetric-match.ts';

/** What one line of a program is answered; `at` counts characters of the text that is wrong, from 0. */
export type ClassAdAnswer =
  | { readonly v: string }
  | { readonly match: boolean }
  | { readonly error: 'parse'; readonly in?: string; readonly at: number; readonly message: string }
  | { readonly error: 'request'; readonly message: string };

/** A text that does not parse, as an answer; `field` says which one when it is not the expression. */
class Refused extends Error {
  readonly answer: ClassAdAnswer;

  constructor(answer: ClassAdAnswer) {
    super('a text does not parse');
    this.answer = answer;
  }
}

/** Answers `{"e": expression, "my": ad, "target": ad}` with the value; the ads, in the new syntax, may be left out. */
export function answerEval(line: string, environment: Environment): ClassAdAnswer {
  return answering(line, (request) => {
    const expression = textOf(request, 'e');
    if (expression === undefined) throw new Refused(wrong('"e" is missing: the expression'));
    const my = adOf(request, 'my');
    const target = adOf(request, 'target');
    const parsed = parsing('e', expression, parseExpression);
    return { v: printValue(evaluate(parsed, my ?? parseAd('[]'), target, environment)) };
  });
}

/** Answers `{"left": ad, "right": ad}` with whether they match each other. */
export function answerMatch(line: string, environment: Environment): ClassAdAnswer {
  return answering(line, (request) => {
    const [left, right] = [adOf(request, 'left'), adOf(request, 'right')];
    if (left === undefined || right === undefined) throw new Refused(wrong('"left" and "right" are two ads'));
    return { match: symmetricMatch(left, right, environment) };
  });
}

type Request = Readonly<Record<string, unknown>>;

function answering(line: string, answer: (request: Request) => ClassAdAnswer): ClassAdAnswer {
  try {
    return answer(requestOf(line));
  } catch (error) {
    if (error instanceof Refused) return error.answer;
    throw error;
  }
}

function requestOf(line: string): Request {
  let request: unknown;
  try {
    request = JSON.parse(line);
  } catch (error) {
    throw new Refused(wrong(`this line is no JSON: ${error instanceof Error ? error.message : ''}`));
  }
  if (typeof request !== 'object' || request === null || Array.isArray(request)) {
    throw new Refused(wrong('a line holds one JSON object'));
  }
  return request as Request;
}

function textOf(request: Request, field: string): string | undefined {
  const text = request[field];
  if (text === undefined || text === null) return undefined;
  if (typeof text !== 'string') throw new Refused(wrong(`"${field}" is no text`));
  return text;
}

function adOf(request: Request, field: string): ClassAd | undefined {
  const text = textOf(request, field);
  return text === undefined ? undefined : parsing(field, text, parseAd);
}

function parsing<T>(field: string, text: string, parse: (text: string) => T): T {
  try {
    return parse(text);
  } catch (error) {
    if (!isCode(error, 'InvalidExpression')) throw error;
    const message = error.cure === undefined ? error.message : `${error.message}; ${error.cure}`;
    throw new Refused({
      error: 'parse',
      ...(field !== 'e' && { in: field }),
      at: offsetOf(text, error.place),
      message,
    });
  }
}

function offsetOf(text: string, place: Place | undefined): number {
  const lines = text.split('\n').slice(0, (place?.line ?? 1) - 1);
  return lines.reduce((sum, each) => sum + each.length + 1, (place?.column ?? 1) - 1);
}

function wrong(message: string): ClassAdAnswer {
  return { error: 'request', message };
}
