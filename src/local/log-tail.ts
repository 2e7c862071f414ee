import { open } from 'node:fs/promises';

const tail = 8192;
const longest = 500;

/**
 * The last line that a program wrote to its log, in a form for people; empty when there is none.
 * @param from the size of the log in bytes when this run of the program began
 */
export async function lastLineOf(logFile: string, from = 0): Promise<string> {
  const text = await readTail(logFile, from).catch(() => '');
  const line = text.trimEnd().split('\n').at(-1) ?? '';
  return plain(line).slice(0, longest);
}

/** The current size of a log; 0 when there is none yet. */
export async function logSize(logFile: string): Promise<number> {
  const file = await open(logFile, 'r').catch(() => undefined);
  if (file === undefined) return 0;
  try {
    return (await file.stat()).size;
  } finally {
    await file.close();
  }
}

async function readTail(logFile: string, from: number): Promise<string> {
  const file = await open(logFile, 'r');
  try {
    const { size } = await file.stat();
    // A rotation may have truncated the log meanwhile: then all of it is new.
    const start = Math.max(from > size ? 0 : from, size - tail);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(Math.max(0, size - start)), {
      position: start,
    });
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}

/** The message of a log line, which is JSON, and the problem that it names. */
function plain(line: string): string {
  try {
    const { msg, problem, reason, err } = JSON.parse(line);
    return [msg, problem ?? reason ?? err?.message].filter((part) => typeof part === 'string').join(': ');
  } catch {
    return line;
  }
}
