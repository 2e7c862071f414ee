import { type ChildProcess, spawn } from 'node:child_process';
import { access, chown, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type * as z from 'zod';
import { systemClock } from '#base/clock.ts';
import { endProcessesOf } from '#base/owned-processes.ts';
import type { pilotSpec } from '#spec/pilot.ts';
import type { pilotOrder } from '#spec/pilot-order.ts';
import { asAccount } from './other-account.ts';

const checkout = join(import.meta.dirname, '../..');

const entry = join(checkout, 'src/bin/pilot.ts');

/** Where the demo's set-up puts apptainer and images. */
const cached = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'glidein');

/** The apptainer and the directory of images that tests run with. */
export const testRuntime = {
  apptainer: process.env.GLIDEIN_TEST_APPTAINER ?? join(cached, 'apptainer/current/bin/apptainer'),
  images: process.env.GLIDEIN_TEST_IMAGES ?? join(cached, 'images'),
};

/** What is missing for tests with real containers; undefined when nothing is. */
export async function missingRuntime(): Promise<string | undefined> {
  for (const path of [testRuntime.apptainer, join(testRuntime.images, 'hello')]) {
    try {
      await access(path);
    } catch {
      return `${path} is missing`;
    }
  }
  return undefined;
}

export interface PilotProcessOptions {
  readonly url: string;
  /** `uid-1` if absent. */
  readonly uid?: string;
  /** `test-token` if absent. */
  readonly token?: string;
  readonly spec?: Partial<z.input<typeof pilotSpec>>;
  readonly cacheDirectory?: string;
  readonly arguments?: readonly string[];
  /** Instead of the one that tests have. */
  readonly apptainer?: string;
  /** Of an earlier pilot: this one comes to its place. */
  readonly root?: string;
  /** Instead of the sources: a bundle. */
  readonly entry?: string;
  /** Of an ordinary user, for a test that runs as root. */
  readonly account?: number | undefined;
  /** Instead of this process's environment. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** A pilot as a real process, with directories of its own below the system's temporary one. */
export class PilotProcess {
  readonly root: string;
  readonly directory: string;
  readonly child: ChildProcess;
  readonly exit: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  #log = '';

  private constructor(
    root: string,
    [file = '', ...args]: readonly string[],
    environment: Readonly<NodeJS.ProcessEnv>,
  ) {
    this.root = root;
    this.directory = join(root, 'pilot');
    this.child = spawn(file, args, { stdio: ['pipe', 'ignore', 'pipe'], env: environment });
    this.child.stderr?.on('data', (chunk: Buffer) => {
      this.#log += chunk.toString('utf8');
    });
    this.exit = new Promise((resolve) => {
      this.child.once('exit', (code, signal) => resolve({ code, signal }));
    });
  }

  static async start(options: PilotProcessOptions): Promise<PilotProcess> {
    const root = options.root ?? (await mkdtemp(join(tmpdir(), 'glidein-pilot-')));
    await mkdir(join(root, 'pilot'), { recursive: true });
    await writeFile(join(root, 'token'), `${options.token ?? 'test-token'}\n`);
    const order: z.input<typeof pilotOrder> = {
      name: 'pilot-1',
      uid: options.uid ?? 'uid-1',
      group: 'test',
      site: 'here',
      pool: { url: options.url, tokenFile: join(root, 'token') },
      directory: join(root, 'pilot'),
      cacheDirectory: options.cacheDirectory ?? join(root, 'cache'),
      noticeFile: join(root, 'end-by'),
      apptainer: options.apptainer ?? testRuntime.apptainer,
      spec: {
        cpus: 2,
        memory: '256Mi',
        disk: '1Gi',
        runtime: { images: { path: [testRuntime.images] } },
        ...options.spec,
      },
    };
    await writeFile(join(root, 'order.json'), JSON.stringify(order));
    return new PilotProcess(root, await commandOf(root, options), options.environment ?? process.env);
  }

  /** What the pilot has logged. */
  get log(): string {
    return this.#log;
  }

  /** Kills it if it still lives, with whatever it has left behind, and removes its directories. */
  async destroy(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.exit;
    await endProcessesOf(this.directory, systemClock);
    await rm(this.root, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function commandOf(root: string, options: PilotProcessOptions): Promise<string[]> {
  const program = options.entry ?? entry;
  const command = [
    process.execPath,
    program,
    '--order',
    join(root, 'order.json'),
    ...(options.arguments ?? []),
  ];
  const { account } = options;
  if (account === undefined) return command;
  await Promise.all([root, join(root, 'pilot')].map((path) => chown(path, account, account)));
  const stash = join(root, 'stash');
  await mkdir(stash);
  const reads = [checkout, dirname(process.execPath), cached];
  return asAccount({ account, command, reads, stash });
}
