import { Writable } from 'node:stream';
import type { Command } from 'commander';
import { errorCatalogue } from '#base/error.ts';
import { glideinProgram } from '#bin/commands.ts';
import { clientTable, outputTable } from '#config/client-table.ts';
import { operatorTable } from '#config/operator-table.ts';
import { poolTable } from '#config/pool-table.ts';
import { publisherTable } from '#config/publisher-table.ts';
import type { SettingTable } from '#config/setting.ts';
import { tokenTable } from '#config/token-table.ts';
import { tracingVariables } from '#config/tracing-variables.ts';
import { upTable } from '#config/up-table.ts';
import { rulesText } from './alerts/rules.ts';
import { architectureText } from './architecture-pictures.ts';
import { dashboards } from './dashboards/dashboards.ts';
import { effectsText } from './effects.ts';
import { metricsText } from './metrics-reference.ts';
import { openApiText } from './openapi.ts';
import { silentTerminal } from './silent-terminal.ts';

/** Every file that is generated from commands, settings, the catalogue of errors, the table of effects, the table of rooms, and the routes and metrics of the programs, and the dashboards and alerts, with its text. */
export async function cliReference(): Promise<ReadonlyMap<string, string>> {
  return new Map([
    ...dashboardTexts(),
    ['charts/glidein/files/alerts.yaml', rulesText()],
    ['docs/architecture.md', architectureText()],
    ['docs/reference/cli.md', await commandsText()],
    ['docs/reference/effects.md', await effectsText()],
    ['docs/reference/errors.md', errorsText()],
    ['docs/reference/metrics.md', await metricsText(generated)],
    ['docs/reference/openapi.json', await openApiText()],
    ['docs/reference/settings.md', settingsText()],
  ]);
}

function dashboardTexts(): [file: string, text: string][] {
  return Object.entries(dashboards()).map(([name, dashboard]) => [
    `charts/glidein/dashboards/${name}.json`,
    `${JSON.stringify(dashboard, undefined, 2)}\n`,
  ]);
}

const generated = '<!-- Written by hack/update-cli-reference.ts: do not edit. -->';

async function commandsText(): Promise<string> {
  const sections = [['glidein', await helpOf([])]];
  for (const words of commandsBelow(await glideinProgram(silentTerminal(), ''))) {
    sections.push([`glidein ${words.join(' ')}`, await helpOf(words)]);
  }
  const parts = sections.map(([title, help]) => `## ${title}\n\n\`\`\`text\n${help?.trimEnd()}\n\`\`\``);
  const about = 'What `glidein help` and `glidein help COMMAND` print.';
  return [generated, '# The command line', about, ...parts, ''].join('\n\n').trimEnd().concat('\n');
}

/** The words of every command and, after it, of the commands inside of it. */
function commandsBelow(program: Command): string[][] {
  const commands = program.commands.filter((command) => command.name() !== 'help');
  return commands.flatMap((command) => [
    [command.name()],
    ...commandsBelow(command).map((words) => [command.name(), ...words]),
  ]);
}

/** As a user sees it: options, and what comes after them. */
async function helpOf(words: readonly string[]): Promise<string> {
  const pieces: string[] = [];
  const out = new Writable({
    write(chunk, _encoding, done) {
      pieces.push(String(chunk));
      done();
    },
  });
  // Printing help ends with a CommanderError, as every command line does that is not carried out.
  const glidein = await glideinProgram(silentTerminal(out), '');
  await glidein.parseAsync([...words, '--help'], { from: 'user' }).catch((error: { code?: string }) => {
    if (error.code !== 'commander.helpDisplayed') throw error;
  });
  return pieces.join('');
}

function errorsText(): string {
  const rows = Object.entries(errorCatalogue).map(
    ([code, { status, exit, means }]) => `| \`${code}\` | ${status} | ${exit} | ${means} |`,
  );
  return `${generated}

# Errors

Every error has a code, on which scripts may rely; its text may change. The pool answers with the HTTP status and with
\`{ "code", "message", "cure", "place" }\`; a command ends with the exit code, 0 when it worked and 130 when Ctrl-C ended it.

| Code | HTTP status | Exit code | What it means |
|---|---|---|---|
${rows.join('\n')}
`;
}

const tables: readonly (readonly [title: string, about: string, table: SettingTable])[] = [
  ['glidein', 'All commands of `glidein`.', clientTable],
  ['glidein q, status, history, why', 'Commands that list something.', outputTable],
  ['glidein up', 'The pool and pilots of one machine.', upTable],
  ['glidein token', 'Tokens of a pool’s own key.', tokenTable],
  ['glidein-pool', 'The embedded pool as a process of its own.', poolTable],
  ['glidein-operator', 'The operator in a cluster.', operatorTable],
  ['glidein-publisher', 'What publishes a set of images.', publisherTable],
];

function settingsText(): string {
  const parts = tables.map(([title, about, table]) => {
    const rows = Object.values(table).map(({ flag, argument, variable, fallback, sentence }) => {
      const value = argument === undefined ? '' : ` ${argument}`;
      const standard = fallback === undefined ? '' : `\`${fallback}\``;
      return `| \`--${flag}${escaped(value)}\` | \`${variable}\` | ${standard} | ${escaped(sentence)} |`;
    });
    const head = '| Flag | Variable | Default | Meaning |\n|---|---|---|---|';
    return `## ${title}\n\n${about}\n\n${head}\n${rows.join('\n')}`;
  });
  const about =
    'Each setting is a flag, else a variable of the environment, else its default. A variable that is empty counts as\nabsent.';
  return `${[generated, '# Settings', about, ...parts, tracingText()].join('\n\n')}\n`;
}

function tracingText(): string {
  const rows = tracingVariables.map(({ variable, specific, fallback, sentence }) => {
    const names = [variable, ...(specific === undefined ? [] : [specific])].map((name) => `\`${name}\``);
    return `| ${names.join(', ')} | ${fallback === undefined ? '' : `\`${fallback}\``} | ${escaped(sentence)} |`;
  });
  const about =
    'Variables of OpenTelemetry, without flags, for every program that [makes spans](../tracing.md). Of two names, the second wins.';
  return `## Tracing\n\n${about}\n\n| Variable | Default | Meaning |\n|---|---|---|\n${rows.join('\n')}`;
}

/** A bar would end the cell. */
const escaped = (text: string): string => text.replaceAll('|', '\\|');
