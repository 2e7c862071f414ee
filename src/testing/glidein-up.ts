import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type JobView, jobsAnswer } from '#wire/jobs.ts';
import { type PilotsAnswer, pilotsAnswer } from '#wire/pilots.ts';
import { eventually } from './eventually.ts';

const root = resolve(import.meta.dirname, '../..');

/** What a run of the command line gave. */
export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** A real `glidein up` in a directory of its own, and the command line that talks to it. */
export class GlideinUp {
  readonly directory: string;
  #child: ChildProcess;
  readonly #environment: Variables;
  readonly #lines: string[] = [];

  private constructor(directory: string, child: ChildProcess, environment: Variables) {
    this.directory = directory;
    this.#environment = environment;
    this.#child = child;
  }

  /**
   * @param manifests file name → YAML text
   * @param environment further variables of `glidein up`, and so of its pool
   */
  static async start(
    manifests: Readonly<Record<string, string>>,
    environment: Variables = {},
  ): Promise<GlideinUp> {
    const directory = await mkdtemp(join(tmpdir(), 'glidein-test-'));
    const folder = join(directory, 'manifests');
    await mkdir(folder);
    for (const [name, text] of Object.entries(manifests)) await writeFile(join(folder, name), text);
    const up = new GlideinUp(directory, launch(directory, environment), environment);
    await up.#ready();
    return up;
  }

  /** Starts its successor in the same directory, after this one has ended. */
  async again(): Promise<void> {
    await rm(join(this.directory, 'state', 'endpoint.json'), { force: true });
    this.#child = launch(this.directory, this.#environment);
    await this.#ready();
  }

  #ready(): Promise<void> {
    const child = this.#child;
    child.stdout?.on('data', (chunk) => this.#lines.push(String(chunk)));
    child.stderr?.on('data', (chunk) => this.#lines.push(String(chunk)));
    return eventually(async () => {
      if (child.exitCode !== null) throw new Error(`glidein up ended: ${this.said}`);
      await readFile(join(this.directory, 'state', 'endpoint.json'));
    });
  }

  /** Everything that `glidein up` has printed. */
  get said(): string {
    return this.#lines.join('');
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Runs `glidein ARGS` against this pool. */
  glidein(
    args: readonly string[],
    options: { cwd?: string; input?: string; environment?: Variables } = {},
  ): Promise<Ran> {
    return collect(run(args, this.directory, options.cwd, options.environment), options.input);
  }

  /** Submits a file's text. @returns the cluster number */
  async submit(text: string, cwd: string = this.directory): Promise<number> {
    const { code, out, err } = await this.glidein(['submit', '-'], { cwd, input: text });
    const cluster = /cluster (\d+)/.exec(out)?.[1];
    if (code !== 0 || cluster === undefined) throw new Error(`submit failed: ${err}`);
    return Number(cluster);
  }

  async jobs(cluster: number): Promise<readonly JobView[]> {
    const { out, err } = await this.glidein(['history', String(cluster), '-o', 'json']);
    try {
      return jobsAnswer.shape.jobs.parse(JSON.parse(out));
    } catch {
      throw new Error(`history gave ${out} ${err}`);
    }
  }

  async status(): Promise<PilotsAnswer> {
    return pilotsAnswer.parse(JSON.parse((await this.glidein(['status', '-o', 'json'])).out));
  }

  /** The process of the pool, which `glidein up` restarts when it ends. */
  async poolPid(): Promise<number> {
    const [pid] = await processesWith(`--directory\0${join(this.directory, 'state', 'pool')}\0`);
    if (pid === undefined) throw new Error('no pool process was found');
    return pid;
  }

  /** The process of a pilot by its name. */
  async pilotPid(name: string): Promise<number> {
    const pids = await processesWith(join(this.directory, 'state', 'pilots', name, 'order.json'));
    const [pid] = pids;
    if (pid === undefined) throw new Error(`no process of pilot ${name} was found`);
    return pid;
  }

  /** Processes that have anything to do with this pool. */
  leftovers(): Promise<number[]> {
    return processesWith(join(this.directory, 'state'));
  }

  /** Ends it as the end of its parent would, and removes its directory. */
  async stop(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const ended = new Promise((done) => this.#child.once('close', done));
      this.#child.stdin?.end();
      await ended;
    }
    await rm(this.directory, { recursive: true, force: true });
  }
}

type Variables = Readonly<Record<string, string>>;

function launch(directory: string, environment: Variables): ChildProcess {
  const args = ['up', '-f', join(directory, 'manifests'), '--cores', '64', '--exit-with-parent'];
  return run(args, directory, directory, environment);
}

function run(
  args: readonly string[],
  directory: string,
  cwd: string = directory,
  environment: Variables = {},
): ChildProcess {
  const { GLIDEIN_TEST_APPTAINER: apptainer = '', GLIDEIN_TEST_IMAGES: images = '' } = process.env;
  return spawn(process.execPath, [join(root, 'dist/glidein.js'), ...args], {
    cwd,
    stdio: ['pipe', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH,
      HOME: directory,
      GLIDEIN_STATE: join(directory, 'state'),
      GLIDEIN_APPTAINER: apptainer,
      GLIDEIN_IMAGES: images,
      ...environment,
    },
  });
}

function collect(child: ChildProcess, input = ''): Promise<Ran> {
  return new Promise((done) => {
    let out = '';
    let err = '';
    child.stdout?.on('data', (chunk) => {
      out += chunk;
    });
    child.stderr?.on('data', (chunk) => {
      err += chunk;
    });
    child.once('close', (code) => done({ code, out, err }));
    // A program that ends before it has read everything says in its exit code why.
    child.stdin?.on('error', () => {});
    child.stdin?.end(input);
  });
}

async function processesWith(text: string): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const lines = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
  );
  return pids.filter((pid, index) => pid !== process.pid && lines[index]?.includes(text));
}
