import { Command } from 'commander';
import { errorCatalogue } from '#base/error.ts';
import { clientTable } from '#config/client-table.ts';
import { addSettings } from './add-settings.ts';
import { actionCommands } from './commands/actions.ts';
import { classadCommand } from './commands/classad.ts';
import { fetchCommand } from './commands/fetch.ts';
import { historyCommand } from './commands/history.ts';
import { logsCommand } from './commands/logs.ts';
import { qCommand } from './commands/q.ts';
import { statusCommand } from './commands/status.ts';
import { submitCommand } from './commands/submit.ts';
import { whyCommand } from './commands/why.ts';
import type { Terminal } from './terminal.ts';

/** Where help is not read on a terminal it looks the same everywhere. */
const helpWidth = 100;

/** The command `glidein` with everything that talks to a pool; what runs one is added by the caller. */
export function program(terminal: Terminal, version: string): Command {
  const glidein = addSettings(new Command('glidein'), clientTable)
    .description(
      'An elastic pool for batch jobs: waiting work becomes pilots, pilots run jobs in Apptainer containers.',
    )
    .version(version)
    .showHelpAfterError('(--help tells more)')
    .showSuggestionAfterError()
    .configureOutput({
      writeOut: (text) => terminal.out.write(text),
      writeErr: (text) => terminal.err.write(text),
      getOutHelpWidth: () => (terminal.isTerminal ? process.stdout.columns : helpWidth),
    })
    .configureHelp({ showGlobalOptions: true })
    .exitOverride();
  submitCommand(glidein, terminal);
  qCommand(glidein, terminal);
  statusCommand(glidein, terminal);
  historyCommand(glidein, terminal);
  logsCommand(glidein, terminal);
  fetchCommand(glidein, terminal);
  whyCommand(glidein, terminal);
  actionCommands(glidein, terminal);
  classadCommand(glidein, terminal);
  glidein.addHelpText('after', () => `\n${firstSteps}\n\n${exitCodes()}`);
  return glidein;
}

const firstSteps = `First steps on one machine:
  $ glidein up -f examples/hello          in one terminal: a pool and its pilots
  $ glidein submit examples/hello/hello.sub
  $ glidein q                             what waits and runs
  $ glidein status                        pilots, and what the pressure decided and why
  $ glidein logs 1.0                      what job 1.0 has printed
  $ glidein history                       what has ended`;

function exitCodes(): string {
  const byExit = Map.groupBy(Object.entries(errorCatalogue), ([, { exit }]) => exit);
  const lines = [...byExit]
    .sort(([a], [b]) => a - b)
    .map(([exit, errors]) => `  ${exit}  ${errors.map(([code]) => code).join(', ')}`);
  return ['Exit codes:', '  0  it worked', ...lines, '  130  Ctrl-C ended it'].join('\n');
}
