import { Command } from 'commander';
import { errorCatalogue } from '#base/error.ts';
import { clientTable } from '#config/client-table.ts';
import { addSettings } from './add-settings.ts';
import { type CommandLoader, neededLoaders } from './command-loader.ts';
import type { Terminal } from './terminal.ts';

/** The width of help that is not printed to a terminal, so that it looks the same everywhere. */
const helpWidth = 100;

interface ProgramOptions {
  readonly version: string;
  /** The command line without the program's own name. */
  readonly words: readonly string[];
  readonly more?: readonly CommandLoader[];
}

/** The commands that talk to a pool, and `classad`, which needs none. */
const commands: readonly CommandLoader[] = [
  { names: ['submit'], load: async () => (await import('./commands/submit.ts')).submitCommand },
  { names: ['q'], load: async () => (await import('./commands/q.ts')).qCommand },
  { names: ['status'], load: async () => (await import('./commands/status.ts')).statusCommand },
  { names: ['history'], load: async () => (await import('./commands/history.ts')).historyCommand },
  { names: ['logs'], load: async () => (await import('./commands/logs.ts')).logsCommand },
  { names: ['ssh'], load: async () => (await import('./commands/ssh.ts')).sshCommand },
  { names: ['wait'], load: async () => (await import('./commands/wait.ts')).waitCommand },
  { names: ['fetch'], load: async () => (await import('./commands/fetch.ts')).fetchCommand },
  { names: ['why'], load: async () => (await import('./commands/why.ts')).whyCommand },
  {
    names: ['rm', 'hold', 'release'],
    load: async () => (await import('./commands/actions.ts')).actionCommands,
  },
  { names: ['prio'], load: async () => (await import('./commands/prio.ts')).prioCommand },
  { names: ['userprio'], load: async () => (await import('./commands/userprio.ts')).userprioCommand },
  { names: ['top'], load: async () => (await import('./commands/top.ts')).topCommand },
  { names: ['audit'], load: async () => (await import('./commands/audit.ts')).auditCommand },
  { names: ['drain'], load: async () => (await import('./commands/drain.ts')).drainCommand },
  { names: ['classad'], load: async () => (await import('./commands/classad.ts')).classadCommand },
];

/**
 * The command `glidein`, with only those commands that the words need: loading all of them takes longer than most of
 * them run.
 * @param more commands of the caller, listed after those that talk to a pool
 */
export async function program(
  terminal: Terminal,
  { version, words, more = [] }: ProgramOptions,
): Promise<Command> {
  const glidein = addSettings(new Command('glidein'), clientTable)
    .description(
      'An elastic pool for batch jobs: waiting work becomes pilots, pilots run jobs in Apptainer containers.',
    )
    .version(version)
    .showHelpAfterError('(--help shows more)')
    .showSuggestionAfterError()
    .configureOutput({
      writeOut: (text) => terminal.out.write(text),
      writeErr: (text) => terminal.err.write(text),
      getOutHelpWidth: () => (terminal.isTerminal ? process.stdout.columns : helpWidth),
    })
    .configureHelp({ showGlobalOptions: true })
    .exitOverride();
  const needed = neededLoaders([...commands, ...more], words);
  const adding = await Promise.all(needed.map(({ load }) => load()));
  for (const add of adding) add(glidein, terminal);
  glidein.addHelpText('after', () => `\n${firstSteps}\n\n${exitCodes()}`);
  return glidein;
}

const firstSteps = `First steps on one machine:
  $ glidein up -f examples/hello          in one terminal: a pool and its pilots
  $ glidein submit examples/hello/hello.sub
  $ glidein q                             what waits and runs
  $ glidein status                        pilots, and what the pressure decided and why
  $ glidein top                           all of it, live
  $ glidein logs 1.0                      what job 1.0 has printed
  $ glidein wait 1                        until its jobs have ended and their results are here
  $ glidein history                       what has ended`;

function exitCodes(): string {
  const byExit = Map.groupBy(Object.entries(errorCatalogue), ([, { exit }]) => exit);
  const lines = [...byExit]
    .sort(([a], [b]) => a - b)
    .map(([exit, errors]) => `  ${exit}  ${errors.map(([code]) => code).join(', ')}`);
  return ['Exit codes:', '  0  it worked', ...lines, '  130  Ctrl-C ended it'].join('\n');
}
