import type { IncomingMessage } from 'node:http';
import { problem } from '#wire/problem.ts';

/** The most characters of an answer that are read; a problem of a pool is shorter. */
const mostCharacters = 8192;

/** The problem in the body of an HTTP answer, as a sentence. Undefined: the body is not a problem of a pool. */
export async function refusalReason(answer: IncomingMessage): Promise<string | undefined> {
  let text = '';
  try {
    for await (const chunk of answer.setEncoding('utf8')) {
      text += chunk as string;
      if (text.length > mostCharacters) return undefined;
    }
    const { message, cure } = problem.parse(JSON.parse(text));
    return cure === undefined ? message : `${message}; ${cure}`;
  } catch {
    return undefined;
  }
}
