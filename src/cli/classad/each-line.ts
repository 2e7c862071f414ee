import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Terminal } from '../terminal.ts';

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
