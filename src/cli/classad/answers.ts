import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { isCode, type Place } from '#base/error.ts';
import type { ClassAd } from '#classad/class-ad.ts';
import type { Environment } from '#classad/environment.ts';
import { evaluate } from '#classad/evaluate.ts';
import { parseAd, parseExpression } from '#classad/parser.ts';
import { printValue } from '#classad/print.ts';
import { symmetricMatch } from '#classad/symmetric-match.ts';
import type { Terminal } from '../terminal.ts';

/** The answer to one line that a program wrote; `at` is the offset, from 0, of the error in the text that was sent. */
export type ClassAdAnswer =
  | { readonly v: string }
  | { readonly match: boolean }
  | { readonly error: 'parse'; readonly in?: string; readonly at: number; readonly message: string }
  | { readonly error: 'request'; readonly message: string };

/** Carries the answer to a line that cannot be evaluated. */
class BadRequest extends Error {
  readonly answer: ClassAdAnswer;

  constructor(answer: ClassAdAnswer) {
    super('the line cannot be evaluated');
    this.answer = answer;
  }
}

/** Answers `{"e": expression, "my": ad, "target": ad}` with the value; the ads, in the new syntax, may be left out. */
export function answerEval(line: string, environment: Environment): ClassAdAnswer {
  return answering(line, (request) => {
    const expression = textOf(request, 'e');
    if (expression === undefined) throw new BadRequest(wrong('"e", the expression, is missing'));
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
    if (left === undefined || right === undefined)
      throw new BadRequest(wrong('"left" and "right" must both be ads'));
    return { match: symmetricMatch(left, right, environment) };
  });
}

type Request = Readonly<Record<string, unknown>>;

function answering(line: string, answer: (request: Request) => ClassAdAnswer): ClassAdAnswer {
  try {
    return answer(requestOf(line));
  } catch (error) {
    if (error instanceof BadRequest) return error.answer;
    throw error;
  }
}

function requestOf(line: string): Request {
  let request: unknown;
  try {
    request = JSON.parse(line);
  } catch (error) {
    throw new BadRequest(wrong(`this line is not JSON: ${error instanceof Error ? error.message : ''}`));
  }
  if (typeof request !== 'object' || request === null || Array.isArray(request)) {
    throw new BadRequest(wrong('each line must be one JSON object'));
  }
  return request as Request;
}

function textOf(request: Request, field: string): string | undefined {
  const text = request[field];
  if (text === undefined || text === null) return undefined;
  if (typeof text !== 'string') throw new BadRequest(wrong(`"${field}" is not a string`));
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
    throw new BadRequest({
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

/** Answers every input line with one output line, and reads on only as fast as its own output is read. */
export async function answerEachLine(
  terminal: Terminal,
  answer: (line: string) => string | undefined,
): Promise<void> {
  const lines = createInterface({ input: terminal.input, crlfDelay: Number.POSITIVE_INFINITY });
  terminal.signal.addEventListener('abort', () => lines.close(), { once: true });
  for await (const line of lines) {
    const text = line.trim() === '' ? undefined : answer(line);
    if (text !== undefined && !terminal.out.write(`${text}\n`)) await once(terminal.out, 'drain');
  }
}
