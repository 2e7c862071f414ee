import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');

/** What a command gave. */
export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a command to its end, however it ends. */
export function runCommand(
  file: string,
  args: readonly string[],
  options: { env?: NodeJS.ProcessEnv; input?: string; cwd?: string; timeoutMs?: number } = {},
): Promise<Ran> {
  const { env = process.env, input = '', cwd = root, timeoutMs = 600_000 } = options;
  return new Promise((done) => {
    const child = execFile(
      file,
      args,
      { env, cwd, timeout: timeoutMs, maxBuffer: 2 ** 28 },
      (error, out, err) => done({ code: error === null ? 0 : Number(error.code ?? 1), out, err }),
    );
    child.stdin?.on('error', () => {});
    child.stdin?.end(input);
  });
}

/** A whole Kubernetes of its own, with this project's image in it: real kubelet, real pods. */
export class TestCluster {
  readonly #name: string;
  /** KUBECONFIG and PATH, as `npm run cluster -- env` gives them. */
  readonly env: NodeJS.ProcessEnv;

  private constructor(name: string, env: NodeJS.ProcessEnv) {
    this.#name = name;
    this.env = env;
  }

  /** @param image the reference under which the project's image is loaded */
  static async start(name: string, image: string): Promise<TestCluster> {
    const archive = join(root, 'dist', 'image', `${name}.tar`);
    await must(process.execPath, [join(root, 'hack/image.mjs'), '--output', archive, '--name', image]);
    await must(process.execPath, clusterArgs(name, 'up'));
    const { out } = await must(process.execPath, clusterArgs(name, 'env'));
    const cluster = new TestCluster(name, { ...process.env, ...variablesIn(out) });
    await must(process.execPath, clusterArgs(name, 'load', archive));
    return cluster;
  }

  /** Gives a loaded image another name, as if it were another one. */
  async tag(from: string, to: string): Promise<void> {
    await must(process.execPath, clusterArgs(this.#name, 'tag', from, to));
  }

  /** @throws when it fails, with what it said */
  async kubectl(args: readonly string[], input?: string): Promise<string> {
    return (await must('kubectl', args, { env: this.env, ...(input === undefined ? {} : { input }) })).out;
  }

  async helm(args: readonly string[]): Promise<string> {
    return (await must('helm', args, { env: this.env })).out;
  }

  /** Helm's end, however it is. */
  helmRun(args: readonly string[]): Promise<Ran> {
    return runCommand('helm', args, { env: this.env });
  }

  async json<T>(args: readonly string[]): Promise<T> {
    return JSON.parse(await this.kubectl([...args, '-o', 'json'])) as T;
  }

  apply(...items: readonly unknown[]): Promise<string> {
    return this.kubectl(['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
  }

  /** The project's own command line, through this cluster's kubeconfig. */
  glidein(args: readonly string[], options: { input?: string; cwd?: string } = {}): Promise<Ran> {
    return runCommand(process.execPath, [join(root, 'dist/glidein.js'), ...args], {
      env: this.env,
      ...options,
    });
  }

  /** Puts a Localhost seccomp profile where the node's kubelet looks for it. */
  async seccompProfile(name: string, profile: unknown): Promise<void> {
    await mkdir(this.seccompFolder, { recursive: true });
    await writeFile(join(this.seccompFolder, name), JSON.stringify(profile));
  }

  /** Where the node's kubelet looks for Localhost seccomp profiles. */
  get seccompFolder(): string {
    const state = process.env.XDG_STATE_HOME ?? join(homedir(), '.local/state');
    return join(state, 'glidein/cluster', this.#name, 'kubelet/seccomp');
  }

  async stop(): Promise<void> {
    await runCommand(process.execPath, clusterArgs(this.#name, 'down'));
  }
}

const clusterArgs = (name: string, ...args: string[]): string[] => [
  join(root, 'hack/cluster.mjs'),
  '--name',
  name,
  ...args,
];

async function must(
  file: string,
  args: readonly string[],
  options: Parameters<typeof runCommand>[2] = {},
): Promise<Ran> {
  const ran = await runCommand(file, args, options);
  if (ran.code !== 0) throw new Error(`${file} ${args.join(' ')} failed: ${ran.err}${ran.out}`);
  return ran;
}

/** `export NAME='VALUE'` lines; of PATH the part before the old one. */
function variablesIn(text: string): NodeJS.ProcessEnv {
  const found = Object.fromEntries(
    [...text.matchAll(/^export (\w+)='([^']*)'/gm)].map(([, name, value]) => [name, value]),
  );
  return { ...found, PATH: `${found.PATH}:${process.env.PATH}` };
}
