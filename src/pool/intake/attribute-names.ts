import { GlideinError } from '#base/error.ts';
import { asciiLower } from '#classad/names.ts';
import { poolAttributes } from '#submit/attributes/pool-attributes.ts';

/** The most names that are remembered. */
const mostRemembered = 10_000;

/** Names of attributes in lower case: a million procs have the same few. */
export class AttributeNames {
  readonly #known = new Map<string, string | undefined>();

  /**
   * @returns undefined for an attribute that only the pool may set
   * @throws GlideinError InvalidArgument for a name that would change the prototype of objects
   */
  lower(name: string): string | undefined {
    if (this.#known.has(name)) return this.#known.get(name);
    if (name === '__proto__') throw forbiddenName('"__proto__"');
    const lower = asciiLower(name);
    const own = poolAttributes.has(lower) ? undefined : lower;
    if (this.#known.size < mostRemembered) this.#known.set(name, own);
    return own;
  }
}

/** A name that JSON may have, but that would change the prototype of the object that has it. */
export const forbiddenName = (name: string): GlideinError =>
  new GlideinError(
    'InvalidArgument',
    `an attribute or a field of the request is named ${name}, which is not allowed`,
    { cure: 'give it another name' },
  );
