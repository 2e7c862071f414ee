import { GlideinError } from '#base/error.ts';
import { truncate } from '#base/truncate.ts';
import type { ProcDifferences } from '../jobs/packed-procs.ts';
import { NeededFiles } from './needed-files.ts';
import { checkNames, withoutOwned } from './normal-form.ts';
import { isNormal, readProc } from './read-proc.ts';
import type { Remembered } from './remembered.ts';

/** Checks the procs of one submit, and adds up what they need. */
export class ProcChecks {
  readonly files = new NeededFiles();
  readonly #remembered: Remembered;

  constructor(remembered: Remembered) {
    this.#remembered = remembered;
  }

  /**
   * @param at where in the request the proc is, such as `procs.3`
   * @param names gets the names, in lower case, of its attributes
   * @returns what the pool keeps of it; undefined if that is all of it, as it came
   * @throws GlideinError InvalidArgument naming the field, InvalidExpression
   */
  check(proc: unknown, at: string, names: Set<string>): ProcDifferences | undefined {
    let changed = isNormal(proc) ? undefined : readProc(proc, at);
    const kept = changed ?? (proc as ProcDifferences);
    if (this.#checkAttributes(kept, at, names))
      changed = { ...kept, attributes: withoutOwned(kept.attributes) };
    const { inputs } = changed ?? kept;
    checkNames(inputs);
    this.files.add(inputs);
    return changed;
  }

  /** @returns whether some of them are attributes that only the pool may set */
  #checkAttributes({ attributes }: ProcDifferences, at: string, names: Set<string>): boolean {
    let owned = false;
    for (const name in attributes) {
      const lower = this.#remembered.names.lower(name);
      if (lower === undefined) owned = true;
      else {
        names.add(lower);
        this.#checkText(attributes[name] as string, () => `${at}.attributes.${truncate(name, 80)}`);
      }
    }
    return owned;
  }

  #checkText(text: string, where: () => string): void {
    try {
      this.#remembered.texts.check(text);
    } catch (error) {
      if (!(error instanceof GlideinError)) throw error;
      const { code, message, cure, place } = error;
      const detail = { ...(cure !== undefined && { cure }), ...(place !== undefined && { place }) };
      throw new GlideinError(code, `${where()}: ${message}`, detail);
    }
  }
}
