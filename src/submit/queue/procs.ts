import type { SubmitProc } from './proc-maker.ts';
import { procOf } from './series.ts';

/** The jobs of a submit file, in the order of their ProcId from 0. */
export interface SubmitProcs {
  /** Each of them; or, of a series, one that stands for all of them. */
  readonly procs: readonly SubmitProc[];
  /** How many procs differ only by their number, for which `$(ProcId)` stands in their attributes; absent if `procs` lists them. */
  readonly series?: number;
}

export const countOf = ({ procs, series }: SubmitProcs): number => series ?? procs.length;

/** Each job by itself. */
export function* eachProc({ procs, series }: SubmitProcs): Generator<SubmitProc> {
  const [only] = procs;
  if (series === undefined || only === undefined) yield* procs;
  else for (let proc = 0; proc < series; proc += 1) yield procOf(only, proc);
}
