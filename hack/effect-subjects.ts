import type { Command } from 'commander';
import { kinds } from '#api/kinds.ts';
import { type SchemaNode, structuralSchema } from '#api/structural.ts';
import { isCode } from '#base/error.ts';
import { glideinProgram } from '#bin/commands.ts';
import { checkUnsupported } from '#cli/submit/check-unsupported.ts';
import { operatorTable } from '#config/operator-table.ts';
import { poolTable } from '#config/pool-table.ts';
import { publisherTable } from '#config/publisher-table.ts';
import type { SettingTable } from '#config/setting.ts';
import { tracingVariables } from '#config/tracing-variables.ts';
import { type SubmitCommand, submitCommands } from '#submit/attributes/commands.ts';
import { parseSubmit } from '#submit/parse-submit.ts';
import { silentTerminal } from './silent-terminal.ts';

/** Something that a user can write, and what is to be shown of it. */
export interface Subject {
  /** As a row in `test/effects` names it. */
  readonly name: string;
  /** Other names of the same. */
  readonly aliases?: readonly string[];
  /** Where it is refused or changes nothing: which of these, and what a user is told. */
  readonly told?: string;
}

/** Everything that a user can write, by the name of the file in `test/effects` that holds its rows. */
export async function effectSubjects(): Promise<ReadonlyMap<string, readonly Subject[]>> {
  const sections: (readonly [string, readonly Subject[]])[] = [
    ...Object.values(kinds).map((kind) => [kind.kind, fields(structuralSchema(kind.schema))] as const),
    ['submit', submitCommands.map(submitSubject)],
    ['glidein', commandSubjects(await glideinProgram(silentTerminal(), ''), 'glidein')],
    ['glidein-operator', settingSubjects(operatorTable)],
    ['glidein-pool', settingSubjects(poolTable)],
    ['glidein-publisher', settingSubjects(publisherTable)],
    [
      'tracing',
      tracingVariables.map(({ variable, specific }) => ({
        name: variable,
        aliases: specific === undefined ? [] : [specific],
      })),
    ],
  ];
  return new Map(sections.map(([file, subjects]) => [file, subjects.toSorted(byName)]));
}

/** By code units, so that every editor and every machine sorts alike. */
export const byName = (a: { readonly name: string }, b: { readonly name: string }): number =>
  a.name < b.name ? -1 : Number(a.name > b.name);

/** The fields of a resource that hold no other fields. */
function fields({ properties = {} }: SchemaNode): Subject[] {
  return [...below(properties.spec ?? {}, ''), ...below(properties.status ?? {}, 'status.')];
}

function below(node: SchemaNode, prefix: string): Subject[] {
  return Object.entries(node.properties ?? {}).flatMap(([name, child]) => {
    const path = `${prefix}${name}`;
    const told = refusal(node, name);
    const inside = leaves(child, path);
    return told === undefined ? inside : inside.map((subject) => ({ ...subject, told }));
  });
}

function leaves(node: SchemaNode, path: string): Subject[] {
  if (node.items) return leaves(node.items, `${path}[]`);
  if (typeof node.additionalProperties === 'object') return leaves(node.additionalProperties, `${path}{}`);
  return node.properties === undefined ? [{ name: path }] : below(node, `${path}.`);
}

/** The message of a rule by which the field is never there. */
function refusal(node: SchemaNode, field: string): string | undefined {
  const rule = node['x-kubernetes-validations']?.find(({ rule }) => rule === `!has(self.${field})`);
  return rule && `refused: ${rule.message}`;
}

function submitSubject(command: SubmitCommand): Subject {
  const { name, aliases = [] } = command;
  const told = toldAtSubmission(command);
  return { name, aliases, ...(told !== undefined && { told }) };
}

/** Values that ask for something, of which each command may have one at least. */
const values = ['7', 'true', 'always', 'vanilla', 'YES', 'ON_EXIT'];

/** What submission says of a command that is refused or changes nothing; undefined for one that has an effect. */
function toldAtSubmission({ name, kind, withoutEffect }: SubmitCommand): string | undefined {
  const told = values.map((value) => toldOf(`${name} = ${value}`, name)).filter((each) => each !== invalid);
  const isTold = told.length > 0 && told.every((each) => each !== undefined);
  if (isTold) return told[0];
  if (kind === 'refused' || withoutEffect) throw new Error(`${name} has no effect, and nobody is told so`);
  return undefined;
}

const invalid = Symbol('invalid');

function toldOf(line: string, name: string): string | undefined | typeof invalid {
  try {
    const description = parseSubmit(`${line}\n${job}`, submission);
    const own = description.warnings.find(({ message }) => message.startsWith(`${name}:`));
    const said = own?.message ?? checkUnsupported(description)[0];
    return said && `warning: ${said}`;
  } catch (error) {
    if (isCode(error, 'Unsupported')) return `refused: ${error.message}; ${error.cure}`;
    if (isCode(error, 'InvalidSubmitFile')) return invalid;
    throw error;
  }
}

const job = 'executable = a\nlog = a.log\nrequest_gpus = 1\nqueue\n';

const submission = {
  file: 'job.sub',
  owner: 'alice',
  directory: '/home/alice',
  now: 1,
  environment: {},
  random: () => 0,
  readFile: () => undefined,
  listFiles: () => [],
};

/** A command, its options, and the commands inside of it. */
function commandSubjects(command: Command, words: string): Subject[] {
  const options = command.options.map((option) => ({ name: `${words} ${option.long ?? option.short}` }));
  const inside = command.commands.filter((each) => each.name() !== 'help');
  return [
    { name: words, aliases: command.aliases() },
    ...options,
    ...inside.flatMap((each) => commandSubjects(each, `${words} ${each.name()}`)),
  ];
}

const settingSubjects = (table: SettingTable): Subject[] =>
  Object.values(table).map(({ flag, variable }) => ({ name: `--${flag}`, aliases: [variable] }));
