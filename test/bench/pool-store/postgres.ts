import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, chown, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Debian's packages put the programs of a version here, and not on PATH. */
const debian = '/usr/lib/postgresql';

/** PostgreSQL refuses to run as root; then it runs as nobody. */
const nobody = 65_534;

/** A PostgreSQL with its own settings, so with full durability, in a temporary directory; it listens on a socket there. */
export class Postgres {
  readonly #programs: string;
  readonly #directory: string;

  private constructor(programs: string, directory: string) {
    this.#programs = programs;
    this.#directory = directory;
  }

  /** @returns undefined if this machine has none */
  static async start(): Promise<Postgres | undefined> {
    const programs = await programsFolder();
    if (programs === undefined) return undefined;
    const directory = await mkdtemp(join(tmpdir(), 'glidein-bench-postgres-'));
    await chmod(directory, 0o700);
    if (isRoot()) await chown(directory, nobody, nobody);
    const server = new Postgres(programs, directory);
    await server.#run('initdb', '--auth=trust', '--username=bench', '--no-instructions');
    const options = `-c listen_addresses= -c unix_socket_directories=${directory} -c max_connections=200`;
    await server.#run('pg_ctl', '--wait', `--log=${join(directory, 'log')}`, `--options=${options}`, 'start');
    return server;
  }

  get url(): string {
    return `postgres://bench@${encodeURIComponent(this.#directory)}/postgres`;
  }

  async version(): Promise<string> {
    const { stdout } = await run(join(this.#programs, 'postgres'), ['--version']);
    return stdout.trim();
  }

  async stop(): Promise<void> {
    await this.#run('pg_ctl', '--wait', '--mode=immediate', 'stop').catch(() => undefined);
    await rm(this.#directory, { recursive: true, force: true });
  }

  async #run(program: string, ...args: string[]): Promise<void> {
    await run(join(this.#programs, program), [`--pgdata=${join(this.#directory, 'data')}`, ...args], {
      cwd: '/',
      ...(isRoot() ? { uid: nobody, gid: nobody } : {}),
    });
  }
}

const isRoot = (): boolean => process.getuid?.() === 0;

async function programsFolder(): Promise<string | undefined> {
  const versions = await readdir(debian).catch(() => []);
  const folders = [
    ...versions.map((version) => join(debian, version, 'bin')),
    ...(process.env.PATH ?? '').split(delimiter),
  ];
  return folders.find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'pg_ctl')));
}
