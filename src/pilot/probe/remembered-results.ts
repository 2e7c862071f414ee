import { randomUUID } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import * as z from 'zod';
import type { Clock } from '#base/clock.ts';

/** Milliseconds for which a result is valid: an hour. */
const lifetime = 3_600_000;

/** What probes have shown here, in a file, so that the next pilot on this node starts without trying it again. */
export class RememberedResults<T> {
  readonly #path: string;
  readonly #content: z.ZodType<Record<string, { at: number; result: T }>>;
  readonly #clock: Clock;

  constructor(path: string, shape: z.ZodType<T>, clock: Clock) {
    this.#path = path;
    this.#content = z.record(z.string(), z.object({ at: z.number(), result: shape }));
    this.#clock = clock;
  }

  /** @param key contains everything that the result depends on */
  async find(key: string): Promise<T | undefined> {
    const found = (await this.#read())[key];
    const age = found === undefined ? lifetime : this.#clock.wall() - found.at;
    return found === undefined || age < 0 || age >= lifetime ? undefined : found.result;
  }

  /** If two pilots write at the same time, one result is lost, but the file stays whole. */
  async store(key: string, result: T): Promise<void> {
    const now = this.#clock.wall();
    const known = Object.entries(await this.#read()).filter(([, { at }]) => now - at < lifetime);
    const text = JSON.stringify({ ...Object.fromEntries(known), [key]: { at: now, result } });
    const own = `${this.#path}.${randomUUID()}`;
    await writeFile(own, text);
    await rename(own, this.#path);
  }

  async #read(): Promise<Record<string, { at: number; result: T }>> {
    try {
      const parsed = this.#content.safeParse(JSON.parse(await readFile(this.#path, 'utf8')));
      return parsed.success ? parsed.data : {};
    } catch {
      return {};
    }
  }
}
