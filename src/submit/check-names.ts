import { didYouMean, nearest } from '#base/nearest.ts';
import { truncate } from '#base/truncate.ts';
import { commandNames, findCommand, type SubmitCommand } from './attributes/commands.ts';
import { requestMeant } from './attributes/custom-requests.ts';
import { fits } from './attributes/environment.ts';
import { gpuWishes } from './attributes/gpus.ts';
import type { Warning } from './language/fault.ts';
import { unsupported } from './language/fault.ts';
import { placeAt } from './language/lines.ts';
import { functionNames, isFunctionName } from './language/macro-function-names.ts';
import { parseTemplate, type Template } from './language/macro-template.ts';
import type { QueueStatement } from './language/queue-statement.ts';
import type { Assignment, Statement } from './language/statements.ts';

/** Longer names are not compared with the known ones: nobody mistypes that much. */
const longestName = 40;

function collect(template: Template, into: Set<string>): void {
  for (const part of template) {
    if (part.kind === 'macro') {
      into.add(part.name.toLowerCase());
      collect(part.fallback ?? [], into);
    } else if (part.kind === 'computed') {
      into.add(patternOf(part.name));
      for (const piece of [part.name, part.fallback ?? []]) collect(piece, into);
    } else if (part.kind === 'call') {
      for (const arg of part.args) collectArgument(arg, into);
    }
  }
}

/** A pattern for the names that `$(a$(b))` may refer to: its texts, with anything between them. */
function patternOf(name: Template): string {
  return name.map((part) => (part.kind === 'text' ? part.text.toLowerCase() : '*')).join('');
}

/** An argument as in `$INT(name)` refers to a macro without `$()`. */
function collectArgument(template: Template, into: Set<string>): void {
  collect(template, into);
  for (const part of template) if (part.kind === 'text') into.add(part.text.trim().toLowerCase());
}

function queueTemplates(statement: QueueStatement): Template[] {
  const { count, source } = statement;
  if (source === undefined) return [count];
  if (source.kind !== 'lines') return [count, source.template];
  return [count, ...source.rows.filter((row) => row.text.includes('$')).map((row) => parseTemplate(row))];
}

/** The names, in lower case, of all macros that some statement refers to. */
function referencedNames(statements: readonly Statement[]): Set<string> {
  const names = new Set<string>();
  for (const statement of statements) {
    if (statement.kind === 'assign') collect(parseTemplate(statement.line, statement.offset), names);
    else for (const template of queueTemplates(statement)) collect(template, names);
  }
  return names;
}

/**
 * Checks every name that is assigned to: a name that is not a command should be a macro that something uses. As in HTCondor,
 * an unused one is no error; the warning suggests the command that was probably meant.
 * @returns warnings about commands without effect, macros that nothing uses, and resources whose name looks mistyped
 * @throws GlideinError Unsupported for a command that is not supported here
 */
export function checkNames(statements: readonly Statement[]): Warning[] {
  const referenced = referencedNames(statements);
  const warnings: Warning[] = wishesWithoutGpus(statements);
  for (const statement of statements) {
    if (statement.kind === 'queue') continue;
    warnings.push(...nearFunctions(statement));
    if (statement.attribute) continue;
    const message = checkName(statement, referenced);
    if (message === undefined) continue;
    const isUnused = findCommand(statement.name) === undefined;
    warnings.push({
      message,
      place: placeAt(statement.line, statement.nameOffset),
      ...(isUnused && { isUnused }),
    });
  }
  return warnings;
}

/** Properties of GPUs have no effect while no GPU is requested; HTCondor leaves them out of the ad. */
function wishesWithoutGpus(statements: readonly Statement[]): Warning[] {
  const assigned = statements.filter((statement) => statement.kind === 'assign');
  if (assigned.some(({ name }) => /^request_?gpus$/i.test(name))) return [];
  return assigned
    .filter(({ name, attribute }) => !attribute && gpuWishes.includes(name.toLowerCase()))
    .map(({ name, line, nameOffset }) => ({
      message: `${name.toLowerCase()} has no effect, because the job requests no GPU; add request_gpus = 1`,
      place: placeAt(line, nameOffset),
    }));
}

function isReferenced(name: string, referenced: ReadonlySet<string>): boolean {
  if (referenced.has(name)) return true;
  return [...referenced].some((pattern) => pattern.includes('*') && fits(name, pattern));
}

function checkName(statement: Assignment, referenced: ReadonlySet<string>): string | undefined {
  const command = findCommand(statement.name);
  if (command !== undefined) return checkCommand(statement, command);
  if (isReferenced(statement.name.toLowerCase(), referenced)) return undefined;
  const shown = truncate(statement.name, longestName);
  const custom = /^request_(\w+)$/i.exec(shown)?.[1];
  if (custom !== undefined) return checkResource(custom);
  const hint = statement.name.length > longestName ? '' : didYouMean(statement.name, commandNames);
  return `"${shown}" is not a command, and no $(${shown}) uses it${hint === '' ? '' : `; ${hint}`}`;
}

/** `$INTT(x)` stays as it is, because it may be meant for a shell; a name close to a function's is probably mistyped. */
function nearFunctions({ line, offset }: Assignment): Warning[] {
  return [...line.text.slice(offset).matchAll(/\$([A-Z_]{2,20})\(/g)].flatMap(({ 1: name = '', index }) => {
    const near = isFunctionName(name) ? undefined : nearest(name, functionNames);
    const message = `$${name}() is not a function and stays as it is; did you mean $${near}()?`;
    return near === undefined ? [] : [{ place: placeAt(line, offset + index), message }];
  });
}

function checkResource(tag: string): string | undefined {
  const meant = requestMeant(tag);
  if (meant === undefined) return undefined;
  const what = /^[cg]pu$/i.test(tag) ? 'nothing' : `a custom resource "${tag}"`;
  return `request_${tag} asks for ${what}; ${meant}`;
}

/** Values with which an unsupported command asks for nothing. */
const asksNothing = /^(false|no|never|0)?$/i;

function checkCommand(statement: Assignment, command: SubmitCommand): string | undefined {
  if (asksNothing.test(statement.line.text.slice(statement.offset))) return undefined;
  if (command.kind === 'refused') {
    const place = placeAt(statement.line, statement.nameOffset);
    throw unsupported(place, `${command.name} is not supported`, asCure(command.sentence));
  }
  return command.withoutEffect ? `${command.name}: ${command.sentence}` : undefined;
}

/** A sentence from the table of commands, to be put at the end of another sentence. */
const asCure = (sentence: string): string =>
  (sentence.charAt(0).toLowerCase() + sentence.slice(1)).replace(/\.$/, '');
