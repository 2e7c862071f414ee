import { GlideinError } from '#base/error.ts';
import type { SubmitDescription } from '#submit/parse-submit.ts';

/** What a job ad may ask for and nobody here does: the job would wait for ever, or run wrong without a sign of it. */
const undone: readonly {
  readonly attribute: RegExp;
  readonly text: RegExp;
  readonly sentence: string;
  readonly cure: string;
}[] = [
  {
    attribute: /./,
    text: /\$\$[([]/,
    sentence: 'takes a value from the slot with $$(…)',
    cure: 'write the value itself, and choose the slots that have it with requirements',
  },
  {
    attribute: /^TransferInput$/i,
    text: /[",]\s*[a-z][a-z0-9+.-]*:\/\//i,
    sentence: 'names a URL, and pilots do not fetch URLs',
    cure: 'fetch it in the job itself, or bring the file along',
  },
];

/**
 * A dry run shows these as HTCondor would have them; they are refused when jobs are really queued.
 * @throws GlideinError Unsupported naming the attribute
 */
export function refuseUndone({ cluster, procs }: SubmitDescription): void {
  for (const attributes of [cluster, ...procs.map((proc) => proc.attributes)]) {
    for (const [name, value] of Object.entries(attributes)) {
      const found = undone.find(({ attribute, text }) => attribute.test(name) && text.test(value));
      if (found !== undefined)
        throw new GlideinError('Unsupported', `${name} ${found.sentence}`, { cure: found.cure });
    }
  }
}
