import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mintToken, readKey } from '#pool/auth/tokens.ts';
import { PoolCommand } from '#testing/pool-command.ts';
import type { Role } from '#wire/role.ts';
import type { PoolCost, WitnessRequest } from './pool-witness.ts';

/** Where Node writes a profile of the pool's CPU; none is taken if the variable is not set. */
const profiles = process.env.GLIDEIN_BENCH_PROFILE;

const nodeArguments = [
  '--expose-gc',
  '--import',
  new URL('./pool-witness.ts', import.meta.url).href,
  ...(profiles === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profiles}`]),
];

/** A pool as a process of its own, on the same machine as its clients, which tells what it costs. */
export class MeasuredPool {
  readonly directory: string;
  #command: PoolCommand;
  readonly #arguments: readonly string[];

  private constructor(directory: string, command: PoolCommand, more: readonly string[]) {
    this.directory = directory;
    this.#command = command;
    this.#arguments = more;
  }

  /** @param more further arguments of the pool */
  static async start(more: readonly string[] = []): Promise<MeasuredPool> {
    const directory = await mkdtemp(join(tmpdir(), 'glidein-bench-pool-'));
    return new MeasuredPool(directory, await command(directory, more), more);
  }

  get url(): string {
    return this.#command.url;
  }

  get log(): string {
    return this.#command.log;
  }

  async token(role: Role, subject: string = role): Promise<string> {
    const key = await readKey(join(this.directory, 'pool.key'));
    if (key === undefined) throw new Error('the pool has no key');
    return mintToken(key, { subject, role }, 86_400);
  }

  cost(): Promise<PoolCost> {
    return this.#ask('cost');
  }

  /** The same after a garbage collection. */
  costCollected(): Promise<PoolCost> {
    return this.#ask('collected');
  }

  /** From now on the longest turn of the event loop is measured anew. */
  async watchTurns(): Promise<void> {
    await this.#ask('watch');
  }

  /** Ends the process and starts another one on the same directory. @returns the milliseconds until it served */
  async restart(signal: NodeJS.Signals = 'SIGTERM'): Promise<number> {
    await this.#command.end(signal);
    const began = performance.now();
    this.#command = await command(this.directory, this.#arguments);
    return performance.now() - began;
  }

  async destroy(): Promise<void> {
    await this.#command.end('SIGTERM');
    await rm(this.directory, { recursive: true, force: true });
  }

  async #ask(request: WitnessRequest): Promise<PoolCost> {
    const { child } = this.#command;
    const answer = once(child, 'message');
    child.send(request);
    const [cost] = (await answer) as [PoolCost];
    return cost;
  }
}

const command = (directory: string, more: readonly string[]): Promise<PoolCommand> =>
  PoolCommand.start({ directory, arguments: ['--log-level', 'warn', ...more], node: nodeArguments });
