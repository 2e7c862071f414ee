import { GlideinError } from '#base/error.ts';
import type { SubmitDescription } from '#submit/parse-submit.ts';
import { type Undone, undoneOf } from './undone.ts';

type Attributes = Readonly<Record<string, string>>;

/**
 * Looks for what the jobs ask for and nobody here does, so that nothing is accepted and forgotten. A dry run shows the ads as
 * HTCondor would have them.
 * @returns a warning for each wish without which the job runs as it should
 * @throws GlideinError Unsupported at the first without which it would run wrong, or without end
 */
export function checkUndone({ cluster, procs }: SubmitDescription): string[] {
  const warnings = new Map<string, string>();
  const seen = new Map<string, string>();
  for (const attributes of [cluster, ...procs.map((proc) => proc.attributes)]) {
    for (const [name, text] of Object.entries(attributes)) {
      // Thousands of jobs say the same.
      if (seen.get(name) === text) continue;
      seen.set(name, text);
      refuseText(name, text);
      const found = undoneOf(name, text);
      if (found === undefined || isSaid(found, cluster, attributes)) continue;
      const sentence = `${found.what} ${found.sentence}`;
      if (found.isRefused) throw new GlideinError('Unsupported', sentence, { cure: found.cure });
      warnings.set(name, `${sentence}; ${found.cure}`);
    }
  }
  return [...warnings.values()];
}

const isSaid = ({ unless }: Undone, cluster: Attributes, own: Attributes): boolean =>
  unless !== undefined && (cluster[unless] !== undefined || own[unless] !== undefined);

/** @throws GlideinError Unsupported for texts that only a schedd and its plug-ins would resolve */
function refuseText(name: string, text: string): void {
  if (/^Cmd$/i.test(name) && text === '""') {
    throw new GlideinError(
      'Unsupported',
      'executable is missing, and pilots do not start the program of an image',
      {
        cure: 'add executable = PROGRAM, with its path in the image',
      },
    );
  }
  if (/\$\$[([]/.test(text)) {
    throw new GlideinError('Unsupported', `${name} takes a value from the slot with $$(…)`, {
      cure: 'write the value itself, and choose the slots that have it with requirements',
    });
  }
  if (/^TransferInput$/i.test(name) && /[",]\s*[a-z][a-z0-9+.-]*:\/\//i.test(text)) {
    throw new GlideinError('Unsupported', `${name} names a URL, and pilots do not fetch URLs`, {
      cure: 'fetch it in the job itself, or bring the file along',
    });
  }
}
