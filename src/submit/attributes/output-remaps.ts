import { truncate } from '#base/truncate.ts';
import { type Producer, quote, type Read } from './given-value.ts';

/** A rule `name = path`; a backslash escapes `;` and `=` in a name. */
const rule = /(?:\\[\s\S]|[^;\\]|\\$)+/g;
const name = /^(?:\\[\s\S]|[^=\\])*=/;

/** The paths to which files are renamed. */
export function remapTargets(read: Read): string[] {
  const text = read('transfer_output_remaps')?.unquoted() ?? '';
  return [...text.matchAll(rule)].map(([part]) => part.slice(name.exec(part)?.[0].length ?? 0).trim());
}

function isWhole(part: string): boolean {
  const before = name.exec(part)?.[0] ?? '';
  return before.slice(0, -1).trim() !== '' && part.slice(before.length).trim() !== '';
}

/**
 * `transfer_output_remaps`.
 * @throws GlideinError InvalidSubmitFile for a rule without a name or without a path, which would have no effect
 */
export const outputRemaps: Producer = {
  reads: ['transfer_output_remaps'],
  make(read) {
    const value = read('transfer_output_remaps');
    if (value === undefined) return {};
    const text = value.unquoted();
    for (const { 0: part, index } of text.matchAll(rule)) {
      if (part.trim() === '' || isWhole(part)) continue;
      const blanks = part.length - part.trimStart().length;
      const start = index + blanks + (text === value.text ? 0 : 1);
      throw value.fault(
        `"${truncate(part.trim(), 40)}" does not say which file goes where`,
        'write NAME = PATH, with ";" between several',
        start,
      );
    }
    return { TransferOutputRemaps: quote(text) };
  },
};
