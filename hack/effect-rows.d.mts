/** The door of effect-rows.mjs for TypeScript. */

export interface EffectRow {
  /** File and line, for complaints. */
  readonly place: string;
  /** What a user writes. */
  readonly subject: string;
  readonly tests: readonly { readonly file: string; readonly name: string }[];
}

export interface Outcome {
  readonly name: string;
  readonly state: 'passed' | 'failed' | 'skipped';
  readonly detail?: string;
}

export const effectsFolder: string;
export function readEffectRows(): ReadonlyMap<string, readonly EffectRow[]>;
export function parseEffectRows(text: string, file: string): readonly EffectRow[];
export function effectsNotShown(
  rows: ReadonlyMap<string, readonly EffectRow[]>,
  folders: readonly string[],
  outcomes: readonly Outcome[],
): string[];
