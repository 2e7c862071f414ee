import { join } from 'node:path';
import { getSystemErrorName } from 'node:util';
import { GlideinError } from '#base/error.ts';
import type { SignalName } from '#base/signals.ts';
import { environmentOf } from './apptainer.ts';
import type { Launch, OuterProcess } from './container-process.ts';
import { programs } from './launch-programs.ts';
import { placeProgram } from './place-program.ts';
import { ProcessServer, type ServedProcess } from './process-server.ts';
import { removeTree } from './remove-tree.ts';

/** Bytes of a command beyond which the system might not take it; then whoever starts it itself learns what it has against it. */
const mostBytes = 100_000;

const nothing = ['/dev/null', '/dev/null', '/dev/null'] as const;

/**
 * Starts processes by a small program, because a pilot is so large that each process of its own takes it milliseconds. What it
 * starts leaves nothing behind: see `hack/payload-programs/launch.c`.
 */
export class Launcher {
  readonly #directory: string;
  readonly #machine: string;
  #program: string | undefined;
  #server: ProcessServer | undefined;
  #isClosed = false;

  /** @param directory the pilot's own, where no payload can replace the program */
  constructor(directory: string, machine: string = process.arch) {
    this.#directory = directory;
    this.#machine = machine;
  }

  /** Whether it can start this. There is no program for some machines. */
  takes({ file, args }: Launch): boolean {
    return programs[this.#machine] !== undefined && Buffer.byteLength([file, ...args].join(' ')) < mostBytes;
  }

  /**
   * Runs apptainer. What ends is known when all that it has left behind is dead.
   * @param streams files
   * @throws GlideinError RuntimeFailed when no process can be made
   */
  async run(
    { file, args, isDirectory }: Launch,
    streams: readonly [string, string, string],
    directory: string,
  ): Promise<OuterProcess> {
    const words = ['run', directory, file, ...args];
    const environment = new Map(Object.entries(environmentOf(file, isDirectory)));
    const outer = await this.#running().start({ streams, words, environment });
    return outerProcess(outer, await outer.child, file);
  }

  /**
   * Limits the process of a payload.
   * @param words as the program takes them
   * @returns the program's exit code; undefined if there is none
   */
  async bound(words: readonly string[]): Promise<number | undefined> {
    return await this.#tell(['bound', ...words]);
  }

  /** Removes a folder with all that is in it. If there is no program, or anything is in its way, `removeTree` does it. */
  async remove(path: string): Promise<void> {
    const code = await this.#tell(['remove', path]).catch(() => undefined);
    if (code !== 0) await removeTree(path);
  }

  /** Ends with what it has started last, and starts nothing more. */
  close(): void {
    this.#isClosed = true;
    this.#server?.finish();
  }

  async #tell(words: readonly string[]): Promise<number | undefined> {
    if (this.#isClosed || programs[this.#machine] === undefined) return undefined;
    const request = { streams: nothing, words, environment: new Map<string, string>() };
    const { code } = await (await this.#running().start(request)).exit;
    return code ?? undefined;
  }

  /** It may have been killed. */
  #running(): ProcessServer {
    if (this.#server?.isUp === true) return this.#server;
    this.#program ??= placeProgram(join(this.#directory, '.glidein-launch'), programs[this.#machine] ?? '');
    this.#server = new ProcessServer(this.#program, { owner: this.#directory });
    return this.#server;
  }
}

/** The process that was started, as the group that it leads: another one waits for all of it. */
function outerProcess(outer: ServedProcess, pid: number | undefined, file: string): OuterProcess {
  const exit = outer.exit.then((end) => {
    if (outer.failure === undefined) return end;
    const cause = new Error(getSystemErrorName(-outer.failure.error));
    throw new GlideinError('RuntimeFailed', `cannot start ${file}`, { cause });
  });
  exit.catch(() => undefined);
  return {
    pid,
    exit,
    get exited() {
      return outer.exited;
    },
    signal: (name: SignalName) => outer.signal(name),
    leavesNothing: true,
  };
}
