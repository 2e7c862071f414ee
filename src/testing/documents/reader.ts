import { type ChildProcess, spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, stat, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { eventually } from '../eventually.ts';
import { testRuntime } from '../pilot-process.ts';
import { type Block, placeOf } from './block.ts';
import { markOf } from './mark.ts';
import { printedAsSaid, stepsOf } from './transcript.ts';

const root = resolve(import.meta.dirname, '../../..');
/** Nobody waits longer for a command of a document. */
const commandTimeoutMs = 180_000;

/**
 * Somebody who reads a document and types its commands, in a shell in what looks like a clone: with a home of its own, and with examples that
 * may be written to.
 */
export class Reader {
  readonly #directory: string;
  readonly #environment: NodeJS.ProcessEnv;
  readonly #terminals: ChildProcess[] = [];

  private constructor(directory: string, environment: NodeJS.ProcessEnv) {
    this.#directory = directory;
    this.#environment = environment;
  }

  /** @param more variables, such as those of a cluster; its PATH is searched first */
  static async start(more: NodeJS.ProcessEnv = {}): Promise<Reader> {
    const directory = await mkdtemp(join(tmpdir(), 'glidein-reader-'));
    const [clone, home] = [join(directory, 'clone'), join(directory, 'home')];
    await mkdir(clone);
    for (const name of ['bin', 'hack', 'charts', 'crds', 'docs', 'test', 'package.json', 'node_modules'])
      await symlink(join(root, name), join(clone, name));
    await cp(join(root, 'examples'), join(clone, 'examples'), { recursive: true });
    await mkdir(join(home, '.cache/glidein/images'), { recursive: true });
    const apptainer = dirname(dirname(testRuntime.apptainer));
    await mkdir(join(home, '.cache/glidein/apptainer'));
    await symlink(apptainer, join(home, '.cache/glidein/apptainer/current'));
    await symlink(join(testRuntime.images, 'hello'), join(home, '.cache/glidein/images/hello'));
    const path = [join(root, 'bin'), dirname(process.execPath), more.PATH ?? process.env.PATH].join(':');
    return new Reader(directory, { ...more, PATH: path, HOME: home, LANG: 'C.UTF-8' });
  }

  /** Does what a block says. @throws Error when a command fails, or does not print what the block says */
  async follow(block: Block): Promise<void> {
    const mark = markOf(block);
    if ('notRun' in mark) return;
    if (mark.run === 'up') await this.#withPool();
    for (const { command, prints } of stepsOf(block)) {
      if (mark.run === 'terminal') await this.#open(command);
      else await this.#type(command, prints, block);
    }
  }

  /** Ends what runs in other terminals with Ctrl-C, and removes the files. */
  async stop(): Promise<void> {
    for (const child of this.#terminals.reverse()) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const ended = new Promise((done) => child.once('close', done));
      child.stdin?.end();
      await ended;
    }
    await rm(this.#directory, { recursive: true, force: true, maxRetries: 5 });
  }

  /** Nobody types as fast as a test: by the time of the next command, the pool has heard of its groups. */
  async #withPool(): Promise<void> {
    if (this.#terminals.length > 0) return;
    await this.#open('glidein up -f examples/hello');
    const child = this.#bash('until glidein status | grep -q ^hello; do sleep 0.1; done');
    child.stdin?.end();
    await new Promise((done) => child.once('close', done));
  }

  async #open(command: string): Promise<void> {
    const child = this.#bash(`${interruptAtEnd}\n${command}`);
    this.#terminals.push(child);
    const words = wordsOf(child);
    const endpoint = join(this.#directory, 'home/.local/state/glidein/endpoint.json');
    await eventually(async () => {
      if (child.exitCode !== null) throw new Error(`"${command.trim()}" ended: ${words.all}`);
      if (/glidein up /.test(command)) await stat(endpoint);
    });
  }

  async #type(command: string, prints: string | undefined, block: Block): Promise<void> {
    const child = this.#bash(command);
    child.stdin?.end();
    const words = wordsOf(child);
    const timer = setTimeout(() => process.kill(-(child.pid ?? 0), 'SIGKILL'), commandTimeoutMs);
    const code = await new Promise<number | null>((done) => child.once('close', done));
    clearTimeout(timer);
    const said = `${placeOf(block)}: ${command.trim()}\n`;
    if (code !== 0) throw new Error(`${said}ended with ${code ?? 'a signal'}: ${words.all}`);
    if (prints !== undefined && !printedAsSaid(words.all, prints))
      throw new Error(`${said}does not print\n${prints}but\n${words.all}`);
  }

  /** A shell that names the line at which it gave up. */
  #bash(command: string): ChildProcess {
    const script = `trap 'echo "line $LINENO failed: $BASH_COMMAND" >&2' ERR\nset -eu -o pipefail\n${command}`;
    return spawn('bash', ['-c', script], {
      cwd: join(this.#directory, 'clone'),
      env: this.#environment,
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
    });
  }
}

/** Presses Ctrl-C when standard input ends, which it does with this process at the latest. */
const interruptAtEnd = 'exec 3<&0 </dev/null; { read -r <&3 || kill -INT 0; } >/dev/null 2>&1 &';

/** What a child prints, both streams as a terminal shows them. */
function wordsOf(child: ChildProcess): { all: string } {
  const words = { all: '' };
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk) => {
      words.all += chunk;
    });
  return words;
}
