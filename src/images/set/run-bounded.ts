import { spawn } from 'node:child_process';
import { killQuietly } from '#base/owned-processes.ts';

export interface RunOptions {
  /** Milliseconds after which the program is killed. */
  readonly timeLimit: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** What the program reads; its input stays open until it ends, so that it can tell when we are gone. */
  readonly input?: string | undefined;
}

/** How a program ended. */
export interface BoundedRun {
  /** Undefined: by a signal. */
  readonly code: number | undefined;
  readonly isLate: boolean;
  readonly output: string;
  /** The end of what it said on its standard error, or else on its output. */
  readonly words: string;
}

/** The most characters of output that are kept, and of last words. */
const mostOutput = 2 ** 24;
const mostWords = 600;

/**
 * Runs a program in a process group of its own, which is killed when time is over or `signal` aborts.
 * @throws the reason of `signal`; errors of starting it
 */
export function runBounded(
  [program = '', ...args]: readonly string[],
  options: RunOptions,
): Promise<BoundedRun> {
  const { timeLimit, environment, signal, input } = options;
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { detached: true, env: environment, stdio: 'pipe' });
    const output = new Ending(mostOutput);
    const words = new Ending(mostWords);
    let isLate = false;
    const kill = (): void => {
      if (child.pid !== undefined) killQuietly(-child.pid, 'SIGKILL');
    };
    const timer = setTimeout(
      () => {
        isLate = true;
        kill();
      },
      Math.min(timeLimit, 2 ** 31 - 1),
    );
    signal.addEventListener('abort', kill, { once: true });
    child.stdout.on('data', (data: Buffer) => output.add(data));
    child.stderr.on('data', (data: Buffer) => words.add(data));
    // A program that has ended does not read its input any more.
    child.stdin.on('error', () => undefined);
    if (input === undefined) child.stdin.end();
    else child.stdin.write(input);
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', kill);
    };
    child.once('error', (error) => {
      end();
      reject(error);
    });
    child.once('close', (code) => {
      end();
      if (signal.aborted) return reject(signal.reason as Error);
      const last = words.text === '' ? output.text.slice(-mostWords) : words.text;
      resolve({ code: code ?? undefined, isLate, output: output.text, words: last.trim() });
    });
  });
}

/** The end of a text of any length. */
class Ending {
  readonly #most: number;
  text = '';

  constructor(most: number) {
    this.#most = most;
  }

  add(data: Buffer): void {
    this.text = (this.text + data.toString('utf8')).slice(-this.#most);
  }
}
