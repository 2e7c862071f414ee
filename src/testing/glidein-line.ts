import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { program } from '#cli/program.ts';
import { runProgram } from '#cli/run-program.ts';
import type { Terminal } from '#cli/terminal.ts';
import { loadOrCreateKey, mintToken } from '#pool/auth/tokens.ts';
import type { Role } from '#wire/role.ts';
import { eventually } from './eventually.ts';
import { PrintedText, pipedTerminal } from './piped-terminal.ts';

const sources = resolve(import.meta.dirname, '..');

/** What a command line has printed, and its exit code. */
export interface Printed {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** A real pool process in a directory of its own, and command lines that talk to it. */
export class GlideinLine {
  readonly directory: string;
  readonly url: string;
  readonly #pool: ChildProcess;
  readonly #key: Uint8Array;

  private constructor(directory: string, url: string, pool: ChildProcess, key: Uint8Array) {
    this.directory = directory;
    this.url = url;
    this.#pool = pool;
    this.#key = key;
  }

  static async start(): Promise<GlideinLine> {
    const directory = await mkdtemp(join(tmpdir(), 'glidein-line-'));
    const args = [
      join(sources, 'bin/pool.ts'),
      '--directory',
      join(directory, 'pool'),
      '--port',
      '0',
      '--exit-with-parent',
    ];
    const pool = spawn(process.execPath, args, { stdio: ['pipe', 'ignore', 'ignore'] });
    const url = await eventually(async () => {
      const text = await readFile(join(directory, 'pool', 'url'), 'utf8');
      if (text === '') throw new Error('the pool does not serve yet');
      return text;
    });
    const line = new GlideinLine(
      directory,
      url,
      pool,
      await loadOrCreateKey(join(directory, 'pool', 'pool.key')),
    );
    await writeFile(join(directory, 'token'), await line.token('alice', 'submitter'));
    return line;
  }

  token(subject: string, role: Role, seconds = 3600): Promise<string> {
    return mintToken(this.#key, { subject, role }, seconds);
  }

  /** What a command line of this pool's user finds around it. */
  get environment(): Record<string, string> {
    return { GLIDEIN_POOL: this.url, GLIDEIN_TOKEN_FILE: join(this.directory, 'token') };
  }

  /** Runs `glidein WORDS` in this process, without `up`. */
  async run(
    words: readonly string[],
    more: {
      environment?: Record<string, string | undefined>;
      signal?: AbortSignal;
      input?: string;
      /** Where its output goes while it runs. */
      out?: PrintedText;
      err?: PrintedText;
      /** What is different from a command line whose output goes to a pipe. */
      terminal?: Partial<Terminal>;
    } = {},
  ): Promise<Printed> {
    const [out, err] = [more.out ?? new PrintedText(), more.err ?? new PrintedText()];
    const terminal: Terminal = {
      ...pipedTerminal(this.directory),
      input: Readable.from(more.input === undefined ? [] : [more.input]),
      out,
      err,
      environment: { ...this.environment, ...more.environment },
      ...(more.signal && { signal: more.signal }),
      ...more.terminal,
    };
    const code = await runProgram(await program(terminal, { version: '1.2.3', words }), words, terminal);
    return { code, out: out.text, err: err.text };
  }

  /** `glidein WORDS` as a process, which prints to a pipe or to an open file. */
  spawn(
    words: readonly string[],
    environment: Record<string, string> = {},
    out: 'pipe' | number = 'pipe',
  ): ChildProcess {
    return spawn(process.execPath, [join(sources, 'bin/glidein.ts'), ...words], {
      cwd: this.directory,
      stdio: ['pipe', out, 'pipe'],
      env: { PATH: process.env.PATH, HOME: this.directory, ...this.environment, ...environment },
    });
  }

  /** Writes a file beside the pool. @returns its path */
  async file(name: string, text: string): Promise<string> {
    const path = join(this.directory, name);
    await writeFile(path, text);
    return path;
  }

  /** Asks the pool's own door. */
  post(path: string, token: string, body: unknown): Promise<Response> {
    return fetch(new URL(path, this.url), {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  }

  async stop(): Promise<void> {
    const ended = new Promise((done) => this.#pool.once('exit', done));
    this.#pool.stdin?.end();
    await ended;
    await rm(this.directory, { recursive: true, force: true });
  }
}
