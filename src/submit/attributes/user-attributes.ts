import { truncate } from '#base/truncate.ts';
import { submitFault } from '../language/fault.ts';
import { placeAt } from '../language/lines.ts';
import type { Assignment } from '../language/statements.ts';
import { submitCommands } from './commands.ts';
import type { Producer } from './given-value.ts';
import { poolAttributes } from './pool-attributes.ts';

/** The spelling of attributes that commands make, by their name in lower case. */
const spelling: ReadonlyMap<string, string> = new Map(
  submitCommands.flatMap(({ attribute }) =>
    attribute === undefined ? [] : [[attribute.toLowerCase(), attribute]],
  ),
);

const itIsYou = 'leave it out: jobs belong to whoever submits them';

/** What to do where another name would not help. */
const instead: ReadonlyMap<string, string> = new Map([
  ['owner', itIsYou],
  ['user', itIsYou],
]);

/** The `+Name` and `MY.Name` attributes that were assigned so far. They win over the attributes that commands make. */
export class UserAttributes {
  readonly #names = new Map<string, string>();

  add({ name, line, nameOffset, offset }: Assignment): void {
    const key = name.toLowerCase();
    const fault = (message: string, cure: string) => submitFault(placeAt(line, nameOffset), message, cure);
    if (!/^[a-z_]\w*$/.test(key))
      throw fault(`"${truncate(name, 40)}" is not an attribute`, 'write letters, digits and "_"');
    if (poolAttributes.has(key) || key === 'mytype') {
      // It asks for nothing. Many files say so of the owner, for gateways to fill it in.
      if (line.text.slice(offset).trim().toLowerCase() === 'undefined') return;
      throw fault(`only the pool sets ${name}`, instead.get(key) ?? 'choose another name');
    }
    if (!this.#names.has(key)) this.#names.set(key, spelling.get(key) ?? name);
  }

  /** The producers, with the user's attributes in place of others of the same name. */
  over(producers: readonly Producer[]): Producer[] {
    if (this.#names.size === 0) return [...producers];
    const overridden = new Set(this.#names.values());
    const without = producers.map(
      (producer): Producer => ({
        reads: producer.reads,
        make: (read) => {
          const attributes = producer.make(read);
          for (const name of Object.keys(attributes)) if (overridden.has(name)) delete attributes[name];
          return attributes;
        },
      }),
    );
    const own = [...this.#names].map(([key, name]): Producer => {
      // Made once, because a million procs look it up.
      const command = `my.${key}`;
      return {
        reads: [command],
        make(read) {
          const value = read(command);
          return { [name]: value === undefined ? 'undefined' : value.expression() };
        },
      };
    });
    return [...without, ...own];
  }
}
