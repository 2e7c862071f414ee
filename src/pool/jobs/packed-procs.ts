import type { AdTexts } from '#wire/ad-texts.ts';
import type { JobFile } from '#wire/file.ts';

/** What one proc of a cluster has of its own: the attributes in which it differs from the cluster's ad, and its inputs. */
export interface ProcDifferences {
  readonly attributes: AdTexts;
  readonly inputs: readonly JobFile[];
}

/**
 * The differences of consecutive procs of a cluster as UTF-8: in memory, in the database and on the way there, a fresh
 * proc costs these bytes and nothing else.
 *
 * - `list`: one line of JSON ({@link ProcDifferences}) per proc; an empty line if the proc has nothing of its own.
 * - `series`: the JSON of one proc, in whose texts `$(ProcId)` stands for the number of the proc.
 *
 * In both, `$(ClusterId)` stands for the number of the cluster.
 */
export interface ProcPart {
  readonly kind: 'list' | 'series';
  readonly first: number;
  readonly count: number;
  readonly data: Uint8Array;
  /** A copy that the thread of the store takes away: copying a hundred megabytes would keep the pool from everything else. */
  readonly copy?: Uint8Array<ArrayBuffer>;
  /** The names, in lower case, of the attributes that the procs of this part set; `*` stands for any. */
  readonly names: readonly string[];
}

/**
 * All procs of a submission. The parts cover the numbers from 0 to `count - 1`, in order. There are none if no proc has
 * anything of its own.
 */
export interface PackedProcs {
  readonly count: number;
  readonly parts: readonly ProcPart[];
}

/** The most procs in one part of a list: reading one proc splits its part into lines first. */
export const mostInPart = 1000;

/** Packs procs as a list. */
export function packProcs(procs: readonly ProcDifferences[]): PackedProcs {
  if (procs.every(isBare)) return { count: procs.length, parts: [] };
  const parts: ProcPart[] = [];
  for (let first = 0; first < procs.length; first += mostInPart) {
    const some = procs.slice(first, first + mostInPart);
    const names = new Set<string>();
    for (const { attributes } of some) for (const name in attributes) names.add(name.toLowerCase());
    const text = some.map(lineOf).join('\n');
    parts.push({ kind: 'list', first, count: some.length, data: Buffer.from(text), names: [...names] });
  }
  return { count: procs.length, parts };
}

/** The line of one proc in a list. */
export const lineOf = (proc: ProcDifferences): string =>
  isBare(proc) ? '' : JSON.stringify({ attributes: proc.attributes, inputs: proc.inputs });

/** Whether a proc has nothing of its own. */
export function isBare({ attributes, inputs }: ProcDifferences): boolean {
  for (const _name in attributes) return false;
  return inputs.length === 0;
}
