import { stripVTControlCharacters } from 'node:util';

/**
 * Shows on standard error what a script is doing: one line per step, with the seconds it took. On a terminal the line of a
 * running step is rewritten. Elsewhere (and with CI=true) there is a line at the start, one at the end, and one every 30 s
 * in between, so that a log shows what a slow step waits for.
 */

const repaintMs = 200;
const stillWaitingMs = 30_000;

/**
 * @typedef {object} Log
 * @property {(text: string) => void} note prints one line
 * @property {<T>(title: string, work: (waitFor: (what: string) => void) => Promise<T> | T) => Promise<T>} step
 *   runs `work` and shows `title` meanwhile; `waitFor` shows what the step is waiting for
 */

/**
 * @param {{ stream?: NodeJS.WriteStream, now?: () => number, terminal?: boolean }} [options]
 * @returns {Log}
 */
export function createLog({
  stream = process.stderr,
  now = () => performance.now(),
  terminal = stream.isTTY === true && process.env.CI !== 'true',
} = {}) {
  const screen = terminal ? terminalScreen(stream) : plainScreen(stream);

  async function step(title, work) {
    const begin = now();
    const state = { title, what: '', seconds: () => ((now() - begin) / 1000).toFixed(1) };
    const end = screen.begin(state);
    try {
      const result = await work((what) => {
        state.what = what;
      });
      end(`ok    ${title} (${state.seconds()} s)`);
      return result;
    } catch (error) {
      end(`FAIL  ${title} (${state.seconds()} s)`);
      throw error;
    }
  }

  return { note: screen.line, step };
}

/** One rewritten line for the innermost running step. */
function terminalScreen(stream) {
  const running = [];
  const clear = () => stream.write('\r\u001b[2K');
  const paint = () => {
    const state = running.at(-1);
    if (state === undefined) return;
    const text = `...   ${state.title}${state.what && `: ${state.what}`} (${state.seconds()} s)`;
    stream.write(`\r\u001b[2K${text.slice(0, Math.max((stream.columns || 80) - 1, 20))}`);
  };
  const line = (text) => {
    clear();
    stream.write(`${text}\n`);
    paint();
  };
  const begin = (state) => {
    running.push(state);
    paint();
    const timer = setInterval(paint, repaintMs).unref();
    return (text) => {
      clearInterval(timer);
      running.splice(running.indexOf(state), 1);
      line(text);
    };
  };
  return { line, begin };
}

/** A line at the start, one at the end, and some in between; without colours. */
function plainScreen(stream) {
  const line = (text) => stream.write(`${stripVTControlCharacters(text)}\n`);
  const begin = (state) => {
    line(`...   ${state.title}`);
    const tell = () =>
      line(`...   ${state.title}${state.what && `: ${state.what}`} (${state.seconds()} s so far)`);
    const timer = setInterval(tell, stillWaitingMs).unref();
    return (text) => {
      clearInterval(timer);
      line(text);
    };
  };
  return { line, begin };
}

/**
 * Ends a script because of an error that a person must act on, with its message and without a stack.
 * @param {unknown} error
 */
export function die(error) {
  console.error(
    error instanceof Error && error.name !== 'Advice' ? error.stack : String(error?.message ?? error),
  );
  process.exitCode = 1;
}

/** An error whose message says in one sentence what is wrong, and in the next what to do about it. */
export class Advice extends Error {
  name = 'Advice';
}
