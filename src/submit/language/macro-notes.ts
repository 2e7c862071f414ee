import type { Warning } from './fault.ts';
import { placeAt } from './lines.ts';
import type { Origin } from './macro-template.ts';

/** The most notes; more would help nobody. */
const mostNotes = 100;

/** Warnings that arise while macros are expanded: one for each place, however often it is expanded. */
export class Notes {
  readonly #byPlace = new Map<string, Warning>();

  add(origin: Origin, message: string): void {
    const place = placeAt(origin.line, origin.offset);
    const key = `${place.file}:${place.line}:${place.column}`;
    if (!this.#byPlace.has(key) && this.#byPlace.size < mostNotes) this.#byPlace.set(key, { place, message });
  }

  all(): readonly Warning[] {
    return [...this.#byPlace.values()];
  }
}
