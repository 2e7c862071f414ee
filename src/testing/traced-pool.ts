import { access, readFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { PoolClient } from '#client/pool-client.ts';
import { mintToken } from '#pool/auth/tokens.ts';
import type { Role } from '#wire/role.ts';
import { PoolCommand } from './pool-command.ts';
import { SyscallTrace } from './syscall-trace.ts';

/** Why strace cannot be used here. Undefined: it can. */
export async function missingStrace(): Promise<string | undefined> {
  if ((process.env.GLIDEIN_TEST_MISSING ?? '').split(',').includes('strace')) return 'strace is missing';
  const tries = (process.env.PATH ?? '').split(delimiter).map((folder) => access(join(folder, 'strace')));
  return (await Promise.allSettled(tries)).some(({ status }) => status === 'fulfilled')
    ? undefined
    : 'strace is missing';
}

/** `-D`: the pool is the child of the test, and the tracer is a grandchild. */
export const strace = (...more: readonly string[]) => ['strace', '-D', '-f', ...more];

const traced = 'write,writev,pwrite64,pwritev,sendto,sendmsg,rename,renameat,renameat2,fsync,fdatasync';

/** Microseconds by which each sync is delayed: whatever does not wait for it leaves the pool before it. */
const syncDelay = 50_000;

interface TracedPoolOptions {
  readonly directory: string;
  /** The file into which the trace is written. */
  readonly trace: string;
  readonly synchronous?: 'FULL' | 'OFF';
  readonly port?: number;
}

/** A pool whose system calls are written down. */
export class TracedPool {
  readonly #trace: string;
  readonly #pool: PoolCommand;
  readonly #key: Uint8Array;
  readonly #clients: PoolClient[] = [];

  private constructor(trace: string, pool: PoolCommand, key: Uint8Array) {
    this.#trace = trace;
    this.#pool = pool;
    this.#key = key;
  }

  static async start({
    directory,
    trace,
    synchronous = 'FULL',
    port = 0,
  }: TracedPoolOptions): Promise<TracedPool> {
    const calls = ['-e', `trace=${traced}`, '-e', `inject=fsync,fdatasync:delay_enter=${syncDelay}`];
    const under = strace('-yy', '-s', '65536', ...calls, '-o', trace);
    const more = ['--synchronous', synchronous];
    const pool = await PoolCommand.start({ directory, port, under, arguments: more });
    return new TracedPool(trace, pool, await readFile(join(directory, 'pool.key')));
  }

  get url(): string {
    return this.#pool.url;
  }

  token(role: Role, subject: string): Promise<string> {
    return mintToken(this.#key, { subject, role }, 600);
  }

  client(role: Role, subject: string): PoolClient {
    const client = new PoolClient({ url: this.url, token: () => this.token(role, subject) });
    this.#clients.push(client);
    return client;
  }

  /** Ends the pool, and reads what it did. */
  async end(): Promise<SyscallTrace> {
    await Promise.all(this.#clients.map((client) => client.close()));
    await this.#pool.end('SIGTERM');
    return new SyscallTrace(await this.#whole());
  }

  async kill(): Promise<void> {
    await this.#pool.end('SIGKILL');
  }

  /** The tracer outlives the pool by a moment. Its last line tells that it has seen the pool's end. */
  async #whole(): Promise<string> {
    for (let tries = 0; tries < 200; tries += 1) {
      const trace = await readFile(this.#trace, 'utf8');
      if (/\+\+\+ exited with \d+ \+\+\+\n$/.test(trace)) return trace;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error('the trace has no end');
  }
}
