import { type Command, CommanderError } from 'commander';
import { describeError, errorCatalogue, GlideinError } from '#base/error.ts';
import { excerpt } from '#base/excerpt.ts';
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
  try {
    // HTCondor's users write -af; a single letter is all that a single dash can have here.
    await program.parseAsync(
      words.map((word) => (word === '-af' ? '--af' : word)),
      { from: 'user' },
    );
    return terminal.signal.aborted ? interrupted : 0;
  } catch (error) {
    if (terminal.signal.aborted) return interrupted;
    if (error instanceof CommanderError)
      return error.exitCode === 0 ? 0 : errorCatalogue.InvalidArgument.exit;
    note(terminal, `glidein: ${describeError(error)}`);
    if (!(error instanceof GlideinError)) return errorCatalogue.Internal.exit;
    for (const line of excerpt(error.place)) note(terminal, line);
    return errorCatalogue[error.code].exit;
  }
}
