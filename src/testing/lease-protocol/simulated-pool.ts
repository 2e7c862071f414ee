import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { WebSocket } from 'ws';
import { Core } from '#pool/core.ts';
import { SubmitReader } from '#pool/intake/submit-reader.ts';
import { jobName } from '#pool/jobs/job.ts';
import { act } from '#pool/queue/actions.ts';
import { Submission } from '#pool/queue/submission.ts';
import { PilotSocket } from '#pool/server/pilot-socket.ts';
import { Sessions } from '#pool/server/sessions.ts';
import { Blobs } from '#pool/spool/blobs.ts';
import type { Storage } from '#pool/storage.ts';
import { Store } from '#pool/store/store.ts';
import { createLogger } from '#telemetry/logger.ts';
import { submitOf } from '../ads.ts';
import type { Mutation } from './mutation.ts';
import type { SimulatedSocket } from './simulated-network.ts';
import { SimulatedStoreThread } from './simulated-store.ts';
import { SimulatedProcess, type SimulatedTime } from './simulated-time.ts';

/** A disk with room. */
const volume = {
  state: { state: 'Serving' },
  close() {},
  databaseIsFull() {},
  requireWritable() {},
  room: { setAside() {}, admit: async () => ({ end: async () => {} }) },
} as unknown as Storage['volume'];

/** Memory, where there is a file system for it: nothing here needs to survive this process. */
const scratch = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

interface Options {
  readonly time: SimulatedTime;
  readonly random: () => number;
  readonly rate: number;
  readonly mutation: Mutation;
  /** Called with a line of the log that tells of a failure of the pool itself. */
  readonly failed: (line: string) => void;
}

interface Life {
  readonly process: SimulatedProcess;
  readonly core: Core;
  readonly thread: SimulatedStoreThread;
  readonly sockets: Set<SimulatedSocket>;
}

/** The pool's own parts on a simulated machine, life after life: all but the network, the thread and the volume is real. */
export class SimulatedPool {
  readonly directory = mkdtempSync(join(scratch, 'glidein-lease-'));
  readonly #options: Options;
  /** The longest lease that a pilot may count on, as the pool keeps it beside its database. */
  #promised = 0;
  #copies = 0;
  #blobs: Blobs | undefined;
  #life: Life | undefined;

  constructor(options: Options) {
    this.#options = options;
  }

  get core(): Core | undefined {
    return this.#life?.core;
  }

  async start(leaseSeconds: number): Promise<void> {
    const { time, random, rate, mutation } = this.#options;
    const process = new SimulatedProcess(time, rate);
    let thread: SimulatedStoreThread | undefined;
    const core = await Core.open({
      settings: {
        directory: this.directory,
        host: '127.0.0.1',
        port: 0,
        leaseSeconds,
        mostLostPilots: 1_000_000,
        periodicSeconds: 3600,
        synchronous: 'OFF',
      },
      clock: process.clock,
      logger: createLogger('pool', {
        level: 'error',
        destination: { write: (line: string) => process.isAlive && this.#options.failed(line) },
      }),
      onBroken: (error) => {
        throw error;
      },
      storage: async ({ settings, onBroken, onCommit }) => {
        const store = new Store(this.#file(), settings.synchronous, { onBroken, onCommit }, (data) => {
          thread = new SimulatedStoreThread(time, process, random, data);
          return thread.asWorker;
        });
        const head = await store.load();
        this.#blobs ??= await Blobs.open(join(this.directory, 'spool'));
        const promisedLease = this.#promise(leaseSeconds);
        return { volume, store, blobs: this.#blobs, key: new Uint8Array(32), head, promisedLease };
      },
    });
    if (thread === undefined) throw new Error('the store has no thread');
    mutation.pool?.(core);
    thread.isTimed = true;
    this.#life = { process, core, thread, sockets: new Set() };
  }

  /** SIGKILL. */
  kill(): void {
    if (this.#life === undefined) return;
    const { process, sockets, thread } = this.#life;
    process.isAlive = false;
    for (const socket of sockets) socket.die();
    thread.closeFile();
    this.#life = undefined;
  }

  freeze(until: number): void {
    if (this.#life !== undefined) this.#life.process.frozenUntil = until;
  }

  /** Who accepts connections now. */
  listener(uid: string) {
    const life = this.#life;
    if (life === undefined) return undefined;
    return { process: life.process, accept: (socket: WebSocket) => this.#accept(life, socket, uid) };
  }

  /**
   * Copies the database as it is at this instant, as a snapshot of its volume does.
   * @returns puts the copy back; only a pool that does not run can be restored
   */
  backUp(): () => void {
    this.#copies += 1;
    const backup = join(this.directory, `backup-${this.#copies}`);
    this.#copy(this.directory, backup);
    return () => this.#copy(backup, this.directory);
  }

  async submit(jobs: number): Promise<void> {
    const { core } = this;
    if (core === undefined) return;
    const reader = new SubmitReader('alice');
    reader.push(Buffer.from(JSON.stringify(submitOf(jobs))));
    await new Submission(core).accept(reader.end(), 'alice', { subject: 'alice' });
  }

  /** Holds a job and releases it at once, while its payload is still ending. */
  holdAndRelease(job: string): void {
    void this.#change('hold', [job]).then(() => this.#change('release', [job]));
  }

  releaseAll(): void {
    const jobs = [...(this.core?.queue.ownJobs() ?? [])];
    const held = jobs.filter(({ state }) => state === 'Held');
    void this.#change('release', held.map(jobName));
  }

  /** From now on whoever looks at the pool need not let time pass. */
  stopTime(): void {
    if (this.#life !== undefined) this.#life.thread.isTimed = false;
  }

  destroy(): void {
    this.kill();
    rmSync(this.directory, { recursive: true, force: true });
  }

  async #change(action: 'hold' | 'release', jobs: string[]): Promise<void> {
    const { core } = this;
    if (core === undefined || jobs.length === 0) return;
    const alice = { subject: 'alice', role: 'submitter' } as const;
    await act(core, { action, jobs, reason: 'test' }, { identity: alice, by: alice });
  }

  #accept({ core, sockets }: Life, socket: WebSocket, uid: string): void {
    const { mutation } = this.#options;
    const end = socket as unknown as SimulatedSocket;
    sockets.add(end);
    end.on('close', () => sockets.delete(end));
    const { hears } = mutation;
    if (hears !== undefined) {
      const emit = end.emit.bind(end);
      end.emit = (event, ...given: unknown[]) => {
        if (event !== 'message') return emit(event, ...given);
        const message = JSON.parse(String(given[0])) as Record<string, unknown>;
        hears(core, message, uid);
        return emit('message', Buffer.from(JSON.stringify(message)));
      };
    }
    const bearer = { subject: uid, role: 'pilot', expiresAt: Number.MAX_SAFE_INTEGER } as const;
    new PilotSocket(core, socket, bearer, new Sessions(core));
  }

  #promise(seconds: number): Storage['promisedLease'] {
    const former = this.#options.mutation.forgetsPromise === true ? 0 : this.#promised;
    this.#promised = Math.max(former, seconds);
    const formerIsOver = async () => {
      this.#promised = seconds;
    };
    return { former, formerIsOver } as Storage['promisedLease'];
  }

  #copy(from: string, to: string): void {
    mkdirSync(to, { recursive: true });
    const mark = this.#options.mutation.restoresMark === true ? ['pool.db.mark'] : [];
    for (const name of ['pool.db', 'pool.db-wal', ...mark]) {
      rmSync(join(to, name), { force: true });
      if (existsSync(join(from, name))) copyFileSync(join(from, name), join(to, name));
    }
  }

  readonly #file = () => join(this.directory, 'pool.db');
}
