import { posix } from 'node:path';
import { submitFault, unsupported } from './fault.ts';
import { holds } from './if-condition.ts';
import { type LogicalLine, placeAt, readLines } from './lines.ts';
import type { MacroTable } from './macro-table.ts';
import { parseTemplate } from './macro-template.ts';
import { type ConditionStep, type IncludeStep, type Statement, StatementReader } from './statements.ts';

/** How deep files may include files. */
const deepestInclude = 8;

/**
 * The branch of an `if` that is open, and how far it has come:
 *
 *     state     met             becomes
 *     waiting   a true elif, or else     taken
 *     taken     elif, else      done
 *     done      elif, else      done
 *     (any)     endif           the `if` around it
 *
 * Inside of a branch that is not taken everything waits but what belongs to the `if`.
 */
interface Branch {
  readonly line: LogicalLine;
  state: 'waiting' | 'taken' | 'done';
  hasElse: boolean;
}

interface Sources {
  readonly macros: MacroTable;
  readFile(path: string): string | undefined;
}

/**
 * The statements of a submit file that are to be carried out, in their order, with what `if` leaves and `include` brings.
 * Whoever takes a statement carries it out before taking the next: conditions look at the macros as they stand.
 *
 * @throws GlideinError InvalidSubmitFile where conditions do not fit together or a file is missing; Unsupported at a
 *   command that is to be run.
 */
export function* flow(text: string, file: string, sources: Sources, depth = 0): Generator<Statement> {
  const reader = new StatementReader(readLines(text, file));
  const branches: Branch[] = [];
  for (;;) {
    const isActive = branches.every(({ state }) => state === 'taken');
    const step = reader.next(isActive);
    if (step === undefined) break;
    if (step.kind === 'condition') changeBranch(step, branches, sources.macros);
    else if (step.kind === 'include') yield* included(step, sources, depth);
    else if (step.kind === 'queue' && depth > 0) throw noQueueHere(step.line);
    else yield step;
  }
  const open = branches.at(-1);
  // At the end of the submit file itself HTCondor does not mind.
  if (open !== undefined && depth > 0)
    throw submitFault(placeAt(open.line, 0), 'this if has no endif', 'write endif');
}

function changeBranch(step: ConditionStep, branches: Branch[], macros: MacroTable): void {
  const { keyword, line, offset } = step;
  if (keyword === 'if') {
    const around = branches.every(({ state }) => state === 'taken');
    const state = !around ? 'done' : holds(line, offset, macros) ? 'taken' : 'waiting';
    branches.push({ line, state, hasElse: false });
    return;
  }
  const branch = branches.at(-1);
  if (branch === undefined)
    throw submitFault(placeAt(line, 0), `${keyword} without an if`, 'write if before it');
  if (keyword === 'endif') {
    branches.pop();
    return;
  }
  if (branch.hasElse)
    throw submitFault(placeAt(line, 0), `${keyword} after else`, 'an if has one else, the last');
  branch.hasElse = keyword === 'else';
  if (branch.state === 'waiting')
    branch.state = keyword === 'else' || holds(line, offset, macros) ? 'taken' : 'waiting';
  else branch.state = 'done';
}

function noQueueHere(line: LogicalLine) {
  return submitFault(
    placeAt(line, 0),
    'an included file cannot queue jobs',
    'write queue in the submit file itself',
  );
}

function* included(
  { line, offset, optional }: IncludeStep,
  sources: Sources,
  depth: number,
): Generator<Statement> {
  const name = sources.macros
    .expandKnown(parseTemplate(line, offset))
    .trim()
    .replace(/^"(.*)"$/, '$1');
  const place = placeAt(line, offset);
  if (name.endsWith('|')) {
    throw unsupported(
      place,
      'the output of a command is not included',
      'write it to a file and include that',
    );
  }
  if (depth >= deepestInclude) {
    throw submitFault(
      place,
      `files include each other more than ${deepestInclude} deep`,
      'include fewer files',
    );
  }
  const text = sources.readFile(posix.resolve(sources.macros.world.directory, name));
  if (text === undefined && optional) return;
  if (text === undefined) throw submitFault(place, `cannot read the file ${name}`, 'name a file that exists');
  yield* flow(text, name, sources, depth + 1);
}
