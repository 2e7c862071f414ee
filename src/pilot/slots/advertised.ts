import type { SlotAttribute } from '#spec/slot-attributes.ts';
import { type AdTexts, adFromTexts } from '#wire/ad-texts.ts';

/** What a part of the pilot says of the slot: attributes by name. */
export type Contribution = Readonly<Record<string, SlotAttribute>>;

/**
 * The ad of the whole slot while the pilot lives: what the probe has found of the node, and over it what the parts of the
 * pilot have found out since, such as services that have become ready. A part always says all that it has to say.
 */
export class Advertised {
  readonly #node: AdTexts;
  readonly #changed: () => void;
  readonly #contributions = new Map<string, Contribution>();
  #slot: AdTexts;

  /** @param changed called when the ad is another one than before */
  constructor(node: AdTexts, changed: () => void) {
    this.#node = node;
    this.#changed = changed;
    this.#slot = node;
  }

  /** A new object whenever it has changed. */
  get slot(): AdTexts {
    return this.#slot;
  }

  /**
   * Puts `attributes` in the place of all that this part has said before.
   * @param part its name; of two parts that name the same attribute, the one that spoke first yields
   * @throws GlideinError InvalidExpression when an expression does not parse
   */
  contribute(part: string, attributes: Contribution): void {
    const ad = adFromTexts(this.#node);
    this.#contributions.set(part, attributes);
    for (const contribution of this.#contributions.values())
      for (const [name, value] of Object.entries(contribution)) {
        if (typeof value === 'object') ad.setText(name, value.expression);
        else ad.setValue(name, value);
      }
    const slot = ad.toTexts();
    if (isSame(slot, this.#slot)) return;
    this.#slot = slot;
    this.#changed();
  }
}

function isSame(one: AdTexts, other: AdTexts): boolean {
  const names = Object.keys(one);
  return names.length === Object.keys(other).length && names.every((name) => one[name] === other[name]);
}
