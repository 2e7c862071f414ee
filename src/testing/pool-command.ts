import { type ChildProcess, spawn } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const entry = join(dirname(fileURLToPath(import.meta.url)), '../bin/pool.ts');

interface PoolCommandOptions {
  readonly directory: string;
  /** 0: any. */
  readonly port?: number;
  /** Further arguments of the pool. */
  readonly arguments?: readonly string[];
  /** A command that runs the pool, such as strace and its arguments. */
  readonly under?: readonly string[];
  /** Arguments of Node itself. With any, the pool's process can be talked to by Node's messages between processes. */
  readonly node?: readonly string[];
}

/** The embedded pool as the process that it is in real life. */
export class PoolCommand {
  readonly child: ChildProcess;
  readonly exit: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
  #url = '';
  #log = '';

  private constructor({
    directory,
    port = 0,
    arguments: more = [],
    under = [],
    node = [],
  }: PoolCommandOptions) {
    const [program = '', ...args] = [
      ...under,
      process.execPath,
      ...node,
      entry,
      '--directory',
      directory,
      '--port',
      String(port),
      ...more,
    ];
    this.child = spawn(program, args, {
      stdio: ['ignore', 'ignore', 'pipe', ...(node.length === 0 ? [] : (['ipc'] as const))],
    });
    this.child.stderr?.on('data', (chunk: Buffer) => {
      this.#log = (this.#log + chunk.toString('utf8')).slice(-100_000);
    });
    this.exit = new Promise((resolve) => {
      this.child.once('exit', (code, signal) => resolve({ code, signal }));
      this.child.once('error', () => resolve({ code: null, signal: null }));
    });
  }

  /** Starts it, and does not wait. */
  static begin(options: PoolCommandOptions): PoolCommand {
    return new PoolCommand(options);
  }

  /** Starts it and waits until it serves. @throws Error with its last message when it ends instead */
  static async start(options: PoolCommandOptions): Promise<PoolCommand> {
    const file = join(options.directory, 'url');
    await rm(file, { force: true });
    const pool = PoolCommand.begin(options);
    for (const deadline = performance.now() + 30_000; performance.now() < deadline; ) {
      const url = (await readFile(file, 'utf8').catch(() => '')) || (await knownUrl(options.port));
      if (/:\d+$/.test(url)) {
        pool.#url = url;
        return pool;
      }
      if (pool.child.exitCode !== null || pool.child.signalCode !== null) break;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await pool.end('SIGKILL');
    throw new Error(`the pool did not start: ${pool.#log.slice(-2000)}`);
  }

  get url(): string {
    return this.#url;
  }

  get port(): number {
    return Number(new URL(this.#url).port);
  }

  /** What it logged last. */
  get log(): string {
    return this.#log;
  }

  /** Sends a signal and waits for the end. */
  async end(
    signal: NodeJS.Signals,
  ): Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }> {
    this.child.kill(signal);
    return this.exit;
  }
}

/** Where a pool on a known port serves: on a full disk it cannot write the file that says so. */
async function knownUrl(port = 0): Promise<string> {
  const url = `http://127.0.0.1:${port}`;
  const isReady =
    port > 0 &&
    (await fetch(`${url}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    ));
  return isReady ? url : '';
}
