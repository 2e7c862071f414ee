import { didYouMean } from '#base/nearest.ts';
import { truncate } from '#base/truncate.ts';
import { submitFault } from './fault.ts';
import { type LogicalLine, placeAt } from './lines.ts';
import type { MacroTable } from './macro-table.ts';
import { parseTemplate } from './macro-template.ts';

/** The version of HTCondor whose language this is: what `if version …` compares with. */
const version = [25, 14, 1];

const comparisons: Readonly<Record<string, (order: number) => boolean>> = {
  '==': (order) => order === 0,
  '!=': (order) => order !== 0,
  '<': (order) => order < 0,
  '<=': (order) => order <= 0,
  '>': (order) => order > 0,
  '>=': (order) => order >= 0,
};

/**
 * Whether the condition of an `if` or `elif` holds (condor_submit manual, "Using Conditionals"): a boolean, a number,
 * `defined NAME`, `version >= 8.1.6`, or one of these after `!`. An undefined macro is empty, which is false.
 * @throws GlideinError InvalidSubmitFile for everything else
 */
export function holds(line: LogicalLine, offset: number, macros: MacroTable): boolean {
  const written = line.text.slice(offset);
  const text = macros.expandKnown(parseTemplate(line, offset)).trim();
  if (text === '' && written !== '') return false;
  const negated = /^!\s*(?!!)/.exec(text);
  const answer = simple(negated === null ? text : text.slice(negated[0].length), macros);
  if (answer !== undefined) return negated === null ? answer : !answer;
  const hint = didYouMean(text.split(/\s/)[0] ?? '', ['defined', 'version', 'true', 'false']);
  throw submitFault(
    placeAt(line, offset),
    `"${truncate(text, 60)}" is not a condition`,
    hint || 'write true, false, a number, defined NAME or version >= 25.0.0',
  );
}

function simple(text: string, macros: MacroTable): boolean | undefined {
  if (/^(true|yes|t)$/i.test(text)) return true;
  if (/^(false|no|f)$/i.test(text)) return false;
  if (/^[-+]?(\d+\.?\d*|\.\d+)$/.test(text)) return Number(text) !== 0;
  const name = /^defined(?:\s+([A-Za-z_][\w.]*|[\d.]+))?$/i.exec(text);
  if (name !== null) return name[1] !== undefined && (/^\d/.test(name[1]) || macros.isDefined(name[1]));
  const compared = /^version\s*(==|!=|<=|>=|<|>)\s*(\d+)\.(\d+)(?:\.(\d+))?$/i.exec(text);
  return compared === null ? undefined : compareVersion(compared);
}

/** A version without its last part is compared by its first two parts. */
function compareVersion([, operator = '==', ...parts]: RegExpExecArray): boolean {
  const wanted = parts.filter((part) => part !== undefined).map(Number);
  const at = wanted.findIndex((part, index) => part !== version[index]);
  const order = at < 0 ? 0 : (version[at] ?? 0) - (wanted[at] ?? 0);
  return comparisons[operator]?.(order) ?? false;
}
