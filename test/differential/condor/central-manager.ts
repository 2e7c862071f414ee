import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

/** The user of HTCondor's daemons in Debian's package. */
const condorUser = 101;
const firstUser = 2000;
const startPatience = 30_000;

/** What HTCondor's documentation gives every pool of one machine, and nothing that looks a name up or throttles a user. */
const settings = `RELEASE_DIR = /usr
LOCAL_DIR = /mnt
LOG = /mnt/log
RUN = /mnt/run
LOCK = /mnt/lock
SPOOL = /mnt/spool
EXECUTE = /mnt/execute
LIB = /usr/lib/condor
LIBEXEC = /usr/libexec/condor
SBIN = /usr/sbin
BIN = /usr/bin
FULL_HOSTNAME = localhost
CONDOR_HOST = 127.0.0.1
COLLECTOR_HOST = 127.0.0.1:9618
NETWORK_INTERFACE = 127.0.0.1
NO_DNS = True
DEFAULT_DOMAIN_NAME = local
UID_DOMAIN = local
FILESYSTEM_DOMAIN = local
TRUST_UID_DOMAIN = True
USE_SHARED_PORT = False
USE_PROCD = False
DAEMON_LIST = MASTER, COLLECTOR, NEGOTIATOR, SCHEDD
SEC_DEFAULT_AUTHENTICATION_METHODS = FS
ALLOW_READ = *
ALLOW_WRITE = *
ALLOW_DAEMON = *
ALLOW_NEGOTIATOR = *
ALLOW_ADMINISTRATOR = *
ALLOW_ADVERTISE_STARTD = *
MAX_JOBS_RUNNING = 1000000
SCHEDD_ENABLE_PER_USER_MATCH_LIMITS = False
NEGOTIATOR_DEBUG = D_SUB_SECOND
NEGOTIATOR_CYCLE_DELAY = 1
NEGOTIATOR_MIN_INTERVAL = 1
`;

interface CentralManagerOptions {
  /** The directory that `hack/htcondor.mjs` makes. */
  readonly root: string;
  /** Who may submit jobs. */
  readonly users: readonly string[];
  /** Further lines of the configuration. */
  readonly more?: string;
}

/**
 * HTCondor's collector, negotiator and schedd, really running, in namespaces of their own: they hear nothing but each other, and
 * nothing is left of them. There is no startd: slots are ads.
 */
export class CentralManager implements AsyncDisposable {
  /** Its daemons see this directory as /mnt. */
  readonly directory: string;
  readonly #root: string;
  readonly #more: string;
  readonly #users: readonly string[];
  readonly #child: ChildProcessByStdio<Writable, null, null>;

  private constructor(options: CentralManagerOptions, directory: string) {
    const { root, users, more = '' } = options;
    this.#root = root;
    this.#users = users;
    this.#more = more;
    this.directory = directory;
    const script = join(import.meta.dirname, 'central-manager.sh');
    const flags = ['--mount', '--net', '--pid', '--uts', '--fork', '--kill-child'];
    this.#child = spawn('unshare', [...flags, 'sh', script, root, directory], {
      stdio: ['pipe', 'ignore', 'ignore'],
    });
  }

  static async start(options: CentralManagerOptions): Promise<CentralManager> {
    const directory = await mkdtemp(join(tmpdir(), 'glidein-condor-'));
    await prepare(directory, options);
    const manager = new CentralManager(options, directory);
    try {
      await manager.#untilItServes();
    } catch (error) {
      await manager[Symbol.asyncDispose]();
      throw error;
    }
    return manager;
  }

  /** Runs one of HTCondor's tools. @returns what it printed; throws if it fails */
  async run(user: string, words: readonly string[]): Promise<string> {
    const inside = (
      await readFile(`/proc/${this.#child.pid}/task/${this.#child.pid}/children`, 'utf8')
    ).trim();
    const environment = [
      '-i',
      'PATH=/usr/sbin:/usr/bin:/sbin:/bin',
      'LC_ALL=C',
      'TZ=UTC',
      'HOME=/mnt',
      'CONDOR_CONFIG=/mnt/condor_config',
    ];
    const child = spawn(
      'nsenter',
      [
        '-t',
        inside,
        '-m',
        '-n',
        '-p',
        '-u',
        'chroot',
        `--userspec=${this.#numberOf(user)}`,
        this.#root,
        '/usr/bin/env',
        ...environment,
        ...words,
      ],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    let printed = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (data: Buffer) => {
        printed += data.toString('utf8');
      });
    const [code] = (await once(child, 'close')) as [number | null];
    if (code !== 0) throw new Error(`${words.join(' ')}: ${printed.slice(-2000)}`);
    return printed;
  }

  /** Puts ads of slots into the collector. */
  async advertise(ads: string): Promise<void> {
    await writeFile(join(this.directory, 'slots.ads'), ads);
    await this.run('root', ['condor_advertise', '-tcp', '-multiple', 'UPDATE_STARTD_AD', '/mnt/slots.ads']);
  }

  async submit(user: string, text: string): Promise<void> {
    const name = `${user}.sub`;
    await writeFile(join(this.directory, name), text);
    await this.run(user, ['condor_submit', '-terse', `/mnt/${name}`]);
  }

  log(name: 'NegotiatorLog' | 'MatchLog' | 'SchedLog'): Promise<string> {
    return readFile(join(this.directory, 'log', name), 'utf8').catch(() => '');
  }

  /** In place of the further lines that it was started with. */
  async configure(more: string): Promise<void> {
    await writeFile(join(this.directory, 'condor_config'), `${settings}${this.#more}${more}`);
    await this.run('root', ['condor_reconfig', '-daemon', 'negotiator']);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const exit = once(this.#child, 'exit');
      this.#child.kill('SIGKILL');
      await exit;
    }
    await rm(this.directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }

  async #untilItServes(): Promise<void> {
    const until = performance.now() + startPatience;
    for (;;) {
      if (this.#child.exitCode !== null)
        throw new Error('HTCondor does not start: root and namespaces are needed');
      const served = await this.run('root', ['condor_status', '-schedd', '-af', 'Name']).catch(() => '');
      if (served.trim() !== '') return;
      if (performance.now() > until) throw new Error('HTCondor does not serve');
      await sleep(200);
    }
  }

  #numberOf(user: string): number {
    return user === 'root' ? 0 : firstUser + this.#users.indexOf(user);
  }
}

async function prepare(directory: string, { root, users, more = '' }: CentralManagerOptions): Promise<void> {
  for (const name of ['log', 'spool', 'execute', 'run', 'lock']) {
    await mkdir(join(directory, name));
    await chown(join(directory, name), condorUser, condorUser);
  }
  await chown(directory, condorUser, condorUser);
  await chmod(directory, 0o755);
  await writeFile(join(directory, 'condor_config'), `${settings}${more}`);
  const known = await readFile(join(root, 'etc/passwd'), 'utf8');
  const lines = users.map((user, index) => `${user}:x:${firstUser + index}:100:${user}:/mnt:/bin/sh\n`);
  await writeFile(join(directory, 'passwd'), known + lines.join(''));
}
