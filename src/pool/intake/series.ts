import { GlideinError } from '#base/error.ts';
import { truncate } from '#base/truncate.ts';
import { fitsEveryProc, procPlaceholder, substituteProc } from '#submit/language/proc-number.ts';
import { lastOfEachName } from '#wire/inputs.ts';
import type { SeriesRequest } from '#wire/jobs.ts';
import { isBare, lineOf, type PackedProcs } from '../jobs/packed-procs.ts';
import { withoutOwned } from './normal-form.ts';
import type { ProcChecks } from './proc-checks.ts';

/**
 * Checks a series, and packs it: however many procs it has, it is one part.
 * @throws GlideinError InvalidArgument for a number in a place where it could spoil an expression or a path; InvalidExpression
 */
export function packSeries(
  { count, attributes, inputs }: SeriesRequest['procs'],
  checks: ProcChecks,
): PackedProcs {
  for (const [name, text] of Object.entries(attributes)) {
    if (name.includes(procPlaceholder) || !fitsEveryProc(text)) throw misplaced(`procs.attributes.${name}`);
  }
  if (inputs.some(({ name }) => name.includes(procPlaceholder))) throw misplaced('procs.inputs');
  const names = new Set<string>();
  const first = Object.entries(attributes).map(([name, text]) => [name, substituteProc(text, 0)]);
  checks.check({ attributes: Object.fromEntries(first), inputs }, 'procs', names);
  const kept = { attributes: withoutOwned(attributes), inputs: lastOfEachName(inputs) };
  if (isBare(kept)) return { count, parts: [] };
  const data = new TextEncoder().encode(lineOf(kept));
  const copy = new Uint8Array(data);
  return { count, parts: [{ kind: 'series', first: 0, count, data, copy, names: [...names] }] };
}

const misplaced = (at: string): GlideinError =>
  new GlideinError(
    'InvalidArgument',
    `${truncate(at, 80)}: ${procPlaceholder} stands neither in a string nor where a number could stand by itself`,
    { cure: 'list the procs one by one' },
  );
