import { posix } from 'node:path';
import { submitFault, unsupported } from './fault.ts';
import { holds } from './if-condition.ts';
import { type LogicalLine, placeAt, readLines } from './lines.ts';
import type { MacroTable } from './macro-table.ts';
import { parseTemplate } from './macro-template.ts';
import { type ConditionStep, type IncludeStep, type Statement, StatementReader } from './statements.ts';

/** How deeply files may include files. */
const deepestInclude = 8;

/**
 * The current branch of an open `if`, and its state:
 *
 *     state     met             becomes
 *     waiting   a true elif, or else     taken
 *     taken     elif, else      done
 *     done      elif, else      done
 *     (any)     endif           the `if` around it
 *
 * In a branch that is not taken, only statements that belong to an `if` are looked at.
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
 * The statements of a submit file that take effect, in order: those that `if` selects, and those of included files.
 *
 * **Gotchas.** The caller must carry out each statement before it takes the next, because conditions read the current macros.
 *
 * @throws GlideinError InvalidSubmitFile for conditions that do not belong together and for a missing file; Unsupported
 *   for an include that would run a command
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
  // At the end of the submit file itself, HTCondor accepts it.
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
    throw submitFault(
      placeAt(line, 0),
      `${keyword} after else`,
      'else must be the last branch of an if, and there can be only one',
    );
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
      'the output of a command cannot be included',
      'write it to a file and include that',
    );
  }
  if (depth >= deepestInclude) {
    throw submitFault(
      place,
      `files include each other more than ${deepestInclude} levels deep`,
      'include fewer files',
    );
  }
  const text = sources.readFile(posix.resolve(sources.macros.world.directory, name));
  if (text === undefined && optional) return;
  if (text === undefined) throw submitFault(place, `cannot read the file ${name}`, 'name a file that exists');
  yield* flow(text, name, sources, depth + 1);
}
