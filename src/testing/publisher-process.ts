import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readStatus, setsIn } from '#images/set/status-file.ts';
import type { ImageSetStatus } from '#spec/image-set-status.ts';
import type { WrittenSet } from './set-world.ts';

/** The bundle, which starts within a fraction of the time of the source. */
const entry = join(dirname(fileURLToPath(import.meta.url)), '../../dist/publisher.js');

/** A publisher as the process that it is in real life. */
export class PublisherProcess {
  readonly root: string;
  readonly child: ChildProcess;
  #log = '';

  private constructor(root: string, child: ChildProcess) {
    this.root = root;
    this.child = child;
    child.stderr?.on('data', (data: Buffer) => {
      this.#log += data.toString();
    });
  }

  /** Writes the set that a publisher below `root` reads. */
  static async write(root: string, set: WrittenSet): Promise<void> {
    await mkdir(root, { recursive: true });
    await writeFile(join(root, 'set.json'), JSON.stringify(set));
  }

  /**
   * @param words further flags
   * @param through what makes the command that is started of this one
   */
  static start(
    root: string,
    words: readonly string[] = [],
    {
      through,
      environment = {},
    }: {
      readonly through?: { command(words: readonly string[]): readonly string[] } | undefined;
      readonly environment?: Readonly<Record<string, string>>;
    } = {},
  ): PublisherProcess {
    const flags = [
      '--spec',
      join(root, 'set.json'),
      '--directory',
      join(root, 'images'),
      '--exit-with-parent',
    ];
    // Its own group: whoever kills it kills what it has started, too.
    const command = [process.execPath, entry, ...flags, ...words];
    const [program = '', ...args] = through?.command(command) ?? command;
    const child = spawn(program, args, {
      detached: true,
      env: { ...process.env, ...environment },
      stdio: ['pipe', 'ignore', 'pipe'],
    });
    return new PublisherProcess(root, child);
  }

  get directory(): string {
    return join(this.root, 'images');
  }

  get log(): string {
    return this.#log;
  }

  async status(set = 'images'): Promise<ImageSetStatus | undefined> {
    return await readStatus(join(setsIn(join(this.directory, '.publisher')), `${set}.json`));
  }

  /** Kills it as a machine does that loses its power, or asks it to end. */
  async end(signal: 'SIGKILL' | 'SIGTERM' = 'SIGTERM'): Promise<void> {
    const { child } = this;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  }
}
