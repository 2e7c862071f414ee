import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { eventually } from '#testing/eventually.ts';
import { testRuntime } from '#testing/pilot-process.ts';

const entry = resolve(import.meta.dirname, '../../src/bin/glidein.ts');

export interface UpEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A directory for one site, and the `glidein up` processes that run in it, one after the other. */
export class UpPlace {
  readonly directory: string;
  readonly state: string;
  readonly #children: ChildProcess[] = [];

  private constructor(directory: string) {
    this.directory = directory;
    this.state = join(directory, 'state');
  }

  /** @param manifests file name → YAML text */
  static async make(manifests: Readonly<Record<string, string>>): Promise<UpPlace> {
    const place = new UpPlace(await mkdtemp(join(tmpdir(), 'glidein-up-')));
    await mkdir(join(place.directory, 'manifests'));
    for (const [name, text] of Object.entries(manifests)) await place.write(name, text);
    return place;
  }

  write(name: string, text: string): Promise<void> {
    return writeFile(join(this.directory, 'manifests', name), text);
  }

  /** Starts `glidein up` with more flags, and does not wait for it. */
  up(flags: readonly string[] = [], environment: Readonly<Record<string, string>> = {}): UpProcess {
    const child = this.#spawn(
      ['up', '-f', join(this.directory, 'manifests'), '--cores', '64', ...flags],
      environment,
    );
    return new UpProcess(this, child);
  }

  /** Runs another command to its end. */
  async glidein(...words: string[]): Promise<UpEnd & { out: string; err: string }> {
    const run = new UpProcess(this, this.#spawn(words, {}));
    const end = await run.ended;
    return { ...end, out: run.out, err: run.err };
  }

  async submit(text: string): Promise<string> {
    const file = join(this.directory, 'job.sub');
    await writeFile(file, text);
    const { out, err } = await this.glidein('submit', file);
    const cluster = /cluster (\d+)/.exec(out)?.[1];
    if (cluster === undefined) throw new Error(`${out}${err}`);
    return cluster;
  }

  /** Processes whose command line names this directory. */
  async processes(): Promise<{ pid: number; line: string }[]> {
    const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
    const lines = await Promise.all(
      pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
    );
    return pids
      .map((pid, index) => ({ pid, line: lines[index]?.replaceAll('\0', ' ') ?? '' }))
      .filter(({ line }) => line.includes(this.directory));
  }

  async destroy(): Promise<void> {
    for (const child of this.#children) child.kill('SIGKILL');
    await eventually(async () => {
      if ((await this.processes()).length > 0) throw new Error('processes are left');
    });
    await rm(this.directory, { recursive: true, force: true, maxRetries: 5 });
  }

  #spawn(words: readonly string[], environment: Readonly<Record<string, string>>): ChildProcess {
    const child = spawn(process.execPath, [entry, ...words], {
      cwd: this.directory,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env.PATH,
        HOME: this.directory,
        GLIDEIN_STATE: this.state,
        GLIDEIN_APPTAINER: testRuntime.apptainer,
        GLIDEIN_IMAGES: testRuntime.images,
        ...environment,
      },
    });
    this.#children.push(child);
    return child;
  }
}

class UpProcess {
  readonly ended: Promise<UpEnd>;
  out = '';
  err = '';
  readonly #place: UpPlace;
  readonly #child: ChildProcess;

  constructor(place: UpPlace, child: ChildProcess) {
    this.#place = place;
    this.#child = child;
    child.stdout?.on('data', (chunk) => {
      this.out += chunk;
    });
    child.stderr?.on('data', (chunk) => {
      this.err += chunk;
    });
    this.ended = new Promise((done) => child.once('close', (code, signal) => done({ code, signal })));
  }

  /** Resolves when the pool answers. */
  async ready(): Promise<this> {
    await eventually(async () => {
      if (this.#child.exitCode !== null) throw new Error(`it ended: ${this.out}${this.err}`);
      const { pid } = JSON.parse(await readFile(join(this.#place.state, 'endpoint.json'), 'utf8'));
      if (pid !== this.#child.pid) throw new Error('another life’s endpoint is there');
    });
    return this;
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }
}
