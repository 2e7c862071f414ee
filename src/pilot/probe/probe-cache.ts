import { createHash } from 'node:crypto';
import { readFile, rename, stat, writeFile } from 'node:fs/promises';
import { release } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import type { Clock } from '#base/clock.ts';
import type { Apptainer, ContainerRun } from '../runtime/apptainer.ts';

/** Milliseconds for which a result is valid: an hour. */
const lifetime = 3_600_000;

const entry = z.object({
  at: z.number(),
  path: z.string(),
  version: z.string(),
  tier: z.enum(['A', 'B']),
});
const content = z.record(z.string(), entry);

/**
 * Remembers which apptainer proved itself, so that the next pilot here starts without running containers. The key
 * contains everything that the answer depends on: the program, the kernel, the user, and the privileges of this process
 * (pods with other privileges may share the directory).
 */
export class ProbeCache {
  readonly #path: string;
  readonly #clock: Clock;

  constructor(directory: string, clock: Clock) {
    this.#path = join(directory, 'probe.json');
    this.#clock = clock;
  }

  async find(key: string): Promise<Apptainer | undefined> {
    const found = (await this.#read())[key];
    const age = found === undefined ? lifetime : this.#clock.wall() - found.at;
    if (found === undefined || age < 0 || age >= lifetime) return undefined;
    return { path: found.path, version: found.version, tier: found.tier };
  }

  /** If two pilots write at the same time, one result is lost, but the file stays whole. */
  async store(key: string, apptainer: Apptainer): Promise<void> {
    const known = Object.entries(await this.#read()).filter(
      ([, { at }]) => this.#clock.wall() - at < lifetime,
    );
    const text = JSON.stringify({
      ...Object.fromEntries(known),
      [key]: { at: this.#clock.wall(), ...apptainer },
    });
    const own = `${this.#path}.${process.pid}`;
    await writeFile(own, text);
    await rename(own, this.#path);
  }

  async #read(): Promise<z.infer<typeof content>> {
    try {
      const parsed = content.safeParse(JSON.parse(await readFile(this.#path, 'utf8')));
      return parsed.success ? parsed.data : {};
    } catch {
      return {};
    }
  }
}

/** The key of one program under the current circumstances, for payloads with this network. */
export async function probeKey(
  apptainer: string,
  network: ContainerRun['network'] = 'Shared',
): Promise<string> {
  const [file, status, uidMap, mounts] = await Promise.all([
    stat(apptainer),
    readFile('/proc/self/status', 'utf8'),
    readFile('/proc/self/uid_map', 'utf8'),
    readFile('/proc/self/mountinfo', 'utf8'),
  ]);
  const privileges = status.split('\n').filter((line) => /^(CapBnd|NoNewPrivs|Seccomp):/.test(line));
  const maskedProc = mounts.split('\n').filter((line) => / \/proc\//.test(line)).length;
  return createHash('sha256')
    .update(
      JSON.stringify([
        apptainer,
        network,
        file.mtimeMs,
        file.size,
        release(),
        process.getuid?.(),
        privileges,
        uidMap,
        maskedProc,
      ]),
    )
    .digest('hex');
}
