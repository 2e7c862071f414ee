import { GlideinError } from '#base/error.ts';
import type { SubmitDescription } from '#submit/parse-submit.ts';

/**
 * `$$(Name)` takes its value from the slot when the job starts. The pool does not fill it in, and a job that ran with
 * the letters themselves would be wrong without a sign of it.
 * @throws GlideinError Unsupported naming the attribute
 */
export function refuseLateValues({ cluster, procs }: SubmitDescription): void {
  for (const attributes of [cluster, ...procs.map((proc) => proc.attributes)]) {
    const found = Object.entries(attributes).find(([, text]) => /\$\$[([]/.test(text));
    if (found === undefined) continue;
    throw new GlideinError('Unsupported', `${found[0]} takes a value from the slot with $$(…)`, {
      cure: 'write the value itself, and choose the slots that have it with requirements',
    });
  }
}
