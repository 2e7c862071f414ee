import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from './eventually.ts';

const root = '/sys/fs/cgroup';

/** Memory of all processes of a group at one moment, in bytes. */
export interface GroupMemory {
  /** What cannot be taken back: pages of processes, and not those of files. */
  readonly anonymous: number;
  /** Proportional set size of each process, by the words that tell it apart. */
  readonly processes: ReadonlyMap<string, number>;
}

/**
 * A control group with a limit on its memory, as the container of a pod has one: whatever in it takes more is killed by the kernel.
 * Version 1 and 2 of the kernel's interface; making one needs root.
 */
export class MemoryGroup {
  readonly #path: string;
  readonly #isOld: boolean;

  private constructor(path: string, isOld: boolean) {
    this.#path = path;
    this.#isOld = isOld;
  }

  /** @returns undefined where groups cannot be made */
  static async make(name: string, bytes: number): Promise<MemoryGroup | undefined> {
    const isOld = existsSync(join(root, 'memory', 'memory.limit_in_bytes'));
    const path = join(root, isOld ? 'memory' : '', name);
    try {
      await mkdir(path);
      await writeFile(join(path, isOld ? 'memory.limit_in_bytes' : 'memory.max'), String(bytes));
    } catch {
      await rmdir(path).catch(() => undefined);
      return undefined;
    }
    return new MemoryGroup(path, isOld);
  }

  /** The command that runs another one in the group. */
  command(words: readonly string[]): readonly string[] {
    return ['/bin/sh', '-c', `echo $$ > ${join(this.#path, 'cgroup.procs')} && exec "$@"`, 'sh', ...words];
  }

  /** How often the kernel has killed a process of the group for its memory. */
  async kills(): Promise<number> {
    const text = await readFile(
      join(this.#path, this.#isOld ? 'memory.oom_control' : 'memory.events'),
      'utf8',
    );
    return Number(/^oom_kill (\d+)$/m.exec(text)?.[1] ?? 0);
  }

  /** @param nameOf what a process is called, by its command line */
  async memory(nameOf: (commandLine: string) => string): Promise<GroupMemory> {
    const stat = await readFile(join(this.#path, 'memory.stat'), 'utf8');
    const pattern = this.#isOld ? /^total_rss (\d+)$/m : /^anon (\d+)$/m;
    const processes = new Map<string, number>();
    for (const pid of await this.#pids()) {
      const [line = '', rollup = ''] = await Promise.all(
        ['cmdline', 'smaps_rollup'].map((file) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '')),
      );
      const bytes = Number(/^Pss:\s+(\d+) kB$/m.exec(rollup)?.[1] ?? 0) * 1024;
      processes.set(`${nameOf(line.replaceAll('\0', ' '))} ${pid}`, bytes);
    }
    return { anonymous: Number(pattern.exec(stat)?.[1] ?? 0), processes };
  }

  async #pids(): Promise<string[]> {
    const text = await readFile(join(this.#path, 'cgroup.procs'), 'utf8');
    return text.split('\n').filter((pid) => pid !== '');
  }

  /** Removes the group once its processes have ended. */
  async remove(): Promise<void> {
    await eventually(async () => {
      if ((await this.#pids()).length > 0) throw new Error('the processes of the group have not ended');
    });
    for (const below of (await readdir(this.#path, { withFileTypes: true })).filter((each) =>
      each.isDirectory(),
    ))
      await rmdir(join(this.#path, below.name));
    await rmdir(this.#path);
  }
}
