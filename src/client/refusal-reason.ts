import type { IncomingMessage } from 'node:http';
import { problem } from '#wire/problem.ts';

/** Characters of an answer that are looked at; a pool's own problem is shorter. */
const mostCharacters = 8192;

/** What an answer that is no welcome says in its body, as a sentence; undefined when that is not a pool's problem. */
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
