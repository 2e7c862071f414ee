import { type Command, CommanderError } from 'commander';
import { describeError, errorCatalogue, GlideinError, isCode } from '#base/error.ts';
import { excerpt } from '#base/excerpt.ts';
import { commandAt } from './command-loader.ts';
import { Output } from './output.ts';
import { translateWords } from './submit/translate-words.ts';
import { note, type Terminal } from './terminal.ts';

/** What a shell gives a command that Ctrl-C has ended. */
const interrupted = 130;

/**
 * Runs a command line; what goes wrong is said on the error stream.
 * @param words without the program's own name
 * @returns the exit code
 */
export async function runProgram(
  program: Command,
  words: readonly string[],
  terminal: Terminal,
): Promise<number> {
  const output = new Output(terminal.out);
  try {
    await program.parseAsync(asOwnOptions(words), { from: 'user' });
    if (!(await output.arrived())) return 0;
    return terminal.signal.aborted ? interrupted : 0;
  } catch (error) {
    return await failed(error, output, terminal);
  }
}

/** HTCondor's users write long options with one dash; a single letter is all that one dash can have here. */
function asOwnOptions(words: readonly string[]): string[] {
  const at = commandAt(words);
  if (words[at] !== 'submit') return words.map((word) => (word === '-af' ? '--af' : word));
  return [...words.slice(0, at + 1), ...translateWords(words.slice(at + 1))];
}

async function failed(error: unknown, output: Output, terminal: Terminal): Promise<number> {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : errorCatalogue.InvalidArgument.exit;
  // What ended a command may be that its output could not be written: then that is what to say.
  const isOwn = error instanceof GlideinError && error.code !== 'WriteFailed';
  const problem = isOwn ? error : await output.arrived().then((all) => (all ? error : undefined), asItIs);
  if (problem === undefined) return 0;
  if (terminal.signal.aborted && !isCode(problem, 'WriteFailed')) return interrupted;
  note(terminal, `glidein: ${describeError(problem)}`);
  if (!(problem instanceof GlideinError)) return errorCatalogue.Internal.exit;
  for (const line of excerpt(problem.place)) note(terminal, line);
  return errorCatalogue[problem.code].exit;
}

const asItIs = (error: unknown): unknown => error;
