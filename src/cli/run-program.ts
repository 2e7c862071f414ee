import { type Command, CommanderError } from 'commander';
import { describeError, errorCatalogue, excerpt, GlideinError, isCode } from '#base/error.ts';
import { nearest } from '#base/nearest.ts';
import { commandAt } from './command-loader.ts';
import { ExitCode } from './exit-code.ts';
import { refuseForeignCommand, withOwnOptions } from './htcondor-words.ts';
import { Output } from './output.ts';
import { sshWords } from './ssh/ssh-words.ts';
import { translateWords } from './submit/translate-words.ts';
import { note, type Terminal } from './terminal.ts';

/** The exit code that a shell reports for a command that Ctrl-C has ended. */
const interrupted = 130;

/**
 * Runs a command line; errors are printed to the error stream.
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
    const code = await codeOf(program.parseAsync(asOwnWords(words, program), { from: 'user' }));
    if (!(await output.arrived())) return 0;
    return terminal.signal.aborted ? interrupted : code;
  } catch (error) {
    return await failed(error, output, terminal);
  }
}

/** The exit code of a command that has done what it should. */
const codeOf = (ran: Promise<unknown>): Promise<number> =>
  ran.then(
    () => 0,
    (error: unknown) => {
      if (error instanceof ExitCode) return error.code;
      throw error;
    },
  );

/** HTCondor's users write long options with one dash; here one dash takes a single letter only. */
function asOwnWords(words: readonly string[], program: Command): string[] {
  const at = commandAt(words);
  const name = words[at];
  const [before, after] = [words.slice(0, at + 1), words.slice(at + 1)];
  if (name === 'submit') return [...before, ...translateWords(after)];
  const own = name === 'ssh' ? sshWords(after) : after;
  const command = program.commands.find((each) => each.name() === name);
  if (command === undefined) {
    refuseForeignCommand(name === 'help' ? after[0] : name);
    if (name === 'help') requireCommand(program, after[0]);
    return [...words];
  }
  const help = { long: '--help', required: false };
  return [...before, ...withOwnOptions(command.name(), own, [...command.options, ...program.options, help])];
}

/** @throws GlideinError InvalidArgument for `help` about a command that does not exist: commander would print the general help */
function requireCommand(program: Command, name: string | undefined): void {
  const names = ['help', ...program.commands.map((command) => command.name())];
  if (name === undefined || name.startsWith('-') || names.includes(name)) return;
  const near = nearest(name, names);
  throw new GlideinError('InvalidArgument', `there is no command ${name}`, {
    cure: near === undefined ? '`glidein help` lists all commands' : `did you mean ${near}?`,
  });
}

async function failed(error: unknown, output: Output, terminal: Terminal): Promise<number> {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : errorCatalogue.InvalidArgument.exit;
  // The command may have failed only because its output could not be written: that is then the error to report.
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
