import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, stat, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '#base/clock.ts';
import { sleep } from '#base/sleep.ts';
import { systemCode } from '#base/system-error.ts';
import { milliseconds } from '#spec/fields.ts';
import type { Service } from '#spec/services/service.ts';
import { type FoundResults, foundResults } from './results.ts';

/** Milliseconds between looks at what another pilot is finding out. */
const patience = 250;

/** What a result holds for. */
export interface NodeModel {
  readonly arch: string;
  readonly processor: string;
  readonly cpus: number;
  /** What each GPU is. */
  readonly gpus: readonly string[];
}

/**
 * Keeps what services have found out, for all pilots that share a cache directory. While one pilot runs a service, the others wait
 * for its results: two benchmarks at a time would measure each other.
 */
export class ResultCache {
  readonly #folder: string;
  readonly #model: () => Promise<NodeModel>;
  readonly #clock: Clock;
  /** What this pilot has written into the locks that it has, by their paths. */
  readonly #held = new Map<string, string>();

  constructor(cacheDirectory: string, model: () => Promise<NodeModel>, clock: Clock) {
    this.#folder = join(cacheDirectory, 'services');
    this.#model = model;
    this.#clock = clock;
  }

  /**
   * Valid results of a service, if there are any; otherwise the right to run it, which ends with `store` or `giveBack`. Waits for a
   * pilot that has that right.
   */
  async findOrBegin(service: Service, signal: AbortSignal): Promise<FoundResults | undefined> {
    await mkdir(this.#folder, { recursive: true });
    for (;;) {
      const found = await this.#find(service);
      if (found !== undefined || signal.aborted) return found;
      if (await this.#begin(service)) return undefined;
      await sleep(this.#clock, patience, signal);
    }
  }

  /** Keeps the results of a service that this pilot has run. */
  async store(service: Service, found: FoundResults): Promise<void> {
    const path = await this.#path(service, 'json');
    const own = `${path}.${randomUUID()}`;
    await writeFile(own, JSON.stringify(found));
    await rename(own, path);
    await this.giveBack(service);
  }

  /** The service has no results: another pilot may try. Without the right to run it, nothing happens. */
  async giveBack(service: Service): Promise<void> {
    const lock = await this.#path(service, 'lock');
    const own = this.#held.get(lock);
    this.#held.delete(lock);
    if (own === undefined) return;
    // Another pilot has it by now if this one was too slow.
    const holder = await readFile(lock, 'utf8').catch(() => undefined);
    if (holder === own) await unlink(lock).catch(() => undefined);
  }

  async #find(service: Service): Promise<FoundResults | undefined> {
    const text = await readFile(await this.#path(service, 'json'), 'utf8').catch(() => '');
    const read = foundResults.safeParse(parsed(text));
    if (!read.success) return undefined;
    const age = this.#clock.wall() - read.data.at;
    return age >= 0 && age < milliseconds(service.cacheFor ?? '0s') ? read.data : undefined;
  }

  /** Takes the right to run it; that of a pilot which has died goes when the service would have been killed. */
  async #begin(service: Service): Promise<boolean> {
    const lock = await this.#path(service, 'lock');
    const own = randomUUID();
    try {
      await writeFile(lock, own, { flag: 'wx' });
      this.#held.set(lock, own);
      return true;
    } catch (error) {
      if (systemCode(error) !== 'EEXIST') throw error;
    }
    const { mtimeMs } = await stat(lock).catch(() => ({ mtimeMs: 0 }));
    if (this.#clock.wall() - mtimeMs > milliseconds(service.timeLimit))
      await unlink(lock).catch(() => undefined);
    return false;
  }

  /** The name contains a digest of all that the results depend on. */
  async #path(service: Service, kind: 'json' | 'lock'): Promise<string> {
    const { name, image, command, args, cwd, env, binds, version, results, resources } = service;
    const all = [await this.#model(), image, command, args, cwd, env, binds, version, results, resources];
    const digest = createHash('sha256').update(JSON.stringify(all)).digest('hex').slice(0, 16);
    return join(this.#folder, `${name}-${digest}.${kind}`);
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
