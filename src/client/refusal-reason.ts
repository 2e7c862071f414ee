import type { IncomingMessage } from 'node:http';
import { type Problem, problem } from '#wire/problem.ts';

/** The most characters of an answer that are read; a problem of a pool is shorter. */
const mostCharacters = 8192;

/** The problem in the body of an HTTP answer. Undefined: the body is not a problem of a pool. */
export async function refusalOf(answer: IncomingMessage): Promise<Problem | undefined> {
  let text = '';
  try {
    for await (const chunk of answer.setEncoding('utf8')) {
      text += chunk as string;
      if (text.length > mostCharacters) return undefined;
    }
    return problem.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** The same as a sentence. */
export async function refusalReason(answer: IncomingMessage): Promise<string | undefined> {
  const found = await refusalOf(answer);
  if (found === undefined) return undefined;
  return found.cure === undefined ? found.message : `${found.message}; ${found.cure}`;
}
