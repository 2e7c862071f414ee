import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { PoolClient } from '#client/pool-client.ts';
import { mintToken } from '#pool/auth/tokens.ts';
import { PoolCommand } from '#testing/pool-command.ts';
import { WorkingPilot } from '#testing/working-pilot.ts';
import { jobsAnswer } from '#wire/jobs.ts';
import type { Role } from '#wire/role.ts';
import { GoodUser, type Habit } from './good-user.ts';
import { HostileJobs } from './hostile-jobs.ts';
import {
  type HostileOptions,
  sendHostileMessages,
  sendHostileRequest,
  sendModestRequest,
} from './hostile-requests.ts';
import { Neighbour } from './neighbour.ts';
import { type Phase, PhaseFigures, type PhaseReport } from './phase-figures.ts';
import { PlainJobs } from './plain-jobs.ts';

export interface AttackOptions {
  readonly directory: string;
  /** The number of hostile jobs in all, and in one submission. */
  readonly jobs: number;
  readonly batch: number;
  /** How often the pool is killed and started again. */
  readonly kills: number;
  /** How often the neighbours are compared, and for how many seconds with each neighbour and habit. */
  readonly rounds: number;
  readonly phaseSeconds: number;
  /** Jobs per second of the neighbours while they are compared: slow enough for both. */
  readonly pace: number;
  readonly seed: number;
  readonly random: () => number;
  readonly log: (line: string) => void;
}

export interface AttackResult {
  readonly seed: number;
  readonly submitted: number;
  /** Submissions with an expression that does not parse: none may be in the queue. */
  readonly refused: number;
  readonly starts: number;
  readonly startSeconds: readonly number[];
  /** Hostile jobs by their state when they were looked at. */
  readonly states: Readonly<Record<string, number>>;
  readonly good: { readonly submitted: number; readonly completed: number };
  /** What the good user saw, alone and beside each neighbour. */
  readonly phases: readonly PhaseReport[];
  /** The good user's rate beside the hostile neighbour, as a share of the rate beside the plain one. */
  readonly hostileToPlain: Readonly<Record<Habit, number>>;
  /** The same while hostile jobs come as fast as the pool accepts them, and while it restarts; the good user's habit is `open`. */
  readonly flood: PhaseReport | undefined;
  readonly listings: number;
  readonly requests: number;
  /** What must not happen: answers with status 500, held jobs without a reason, refused jobs in the queue, lost good jobs. */
  readonly harm: readonly string[];
}

/** Seconds that the last good jobs of a phase get to end. */
const restSeconds = 60;

/** A hostile user and senders of hostile requests, against a pool in its own process, with a good user beside them. */
export class HostileAttack {
  readonly #options: AttackOptions;
  readonly #jobs: HostileJobs;
  readonly #good: GoodUser;
  readonly #plain: Neighbour;
  readonly #hostile: Neighbour;
  readonly #pilots: WorkingPilot[] = [];
  readonly #clients = new Map<string, PoolClient>();
  readonly #harm: string[] = [];
  readonly #startSeconds: number[] = [];
  readonly #figures = new PhaseFigures();
  #pool: PoolCommand | undefined;
  #key: Uint8Array = new Uint8Array();
  #requests = 0;

  constructor(options: AttackOptions) {
    this.#options = options;
    const { seed, random, batch } = options;
    this.#jobs = new HostileJobs(seed, random);
    this.#good = new GoodUser(() => this.#client('submitter', 'good'));
    const onHarm = (harm: string) => void this.#harm.push(harm);
    const rest = { batch, random, onHarm };
    const client = (name: string) => () => this.#client('submitter', name);
    this.#plain = new Neighbour({ ...rest, source: new PlainJobs(this.#jobs), client: client('paul') });
    this.#hostile = new Neighbour({ ...rest, source: this.#jobs, client: client('mallory') });
  }

  async run(): Promise<AttackResult> {
    await this.#start();
    const working = this.#startPilots();
    try {
      await pause(2000);
      await this.#compare();
      await this.#flood();
      const completed = await this.#completed();
      return {
        seed: this.#options.seed,
        submitted: this.#hostile.submitted,
        refused: this.#hostile.refused,
        listings: this.#hostile.listings,
        requests: this.#requests,
        starts: this.#startSeconds.length,
        startSeconds: this.#startSeconds,
        states: this.#hostile.states,
        good: { submitted: this.#good.submitted.size, completed },
        ...this.#figures.report(),
        harm: this.#harm,
      };
    } finally {
      for (const pilot of this.#pilots) pilot.stop();
      await Promise.allSettled(working);
      await Promise.all([...this.#clients.values()].map((client) => client.close()));
      await this.#pool?.end('SIGTERM');
    }
  }

  /** Measures the good user alone, beside the plain neighbour and beside the hostile one, in turn, so that conditions are equal. */
  async #compare(): Promise<void> {
    const { rounds, phaseSeconds } = this.#options;
    for (let round = 0; round < rounds; round += 1) {
      for (const habit of ['closed', 'open'] as const) {
        for (const neighbour of ['none', 'plain', 'hostile'] as const) {
          await this.#phase({ neighbour, habit }, (signal) => this.#beside(neighbour, signal), phaseSeconds);
        }
      }
    }
  }

  async #beside(neighbour: Phase['neighbour'], signal: AbortSignal): Promise<number> {
    if (neighbour === 'none') return 0;
    const isHostile = neighbour === 'hostile';
    const who = isHostile ? this.#hostile : this.#plain;
    const { batch, pace } = this.#options;
    const before = who.submitted;
    await Promise.all([
      who.work({ signal, period: (batch / pace) * 1000 }),
      this.#sendRequests(isHostile ? sendHostileRequest : sendModestRequest, signal),
    ]);
    return who.submitted - before;
  }

  /** Submits the remaining hostile jobs as fast as possible, and kills the pool meanwhile. */
  async #flood(): Promise<void> {
    const { jobs, kills } = this.#options;
    const before = this.#hostile.submitted;
    await this.#phase({ neighbour: 'flood', habit: 'open' }, async () => {
      const over = new AbortController();
      const sending = this.#sendRequests(sendHostileRequest, over.signal);
      for (let life = 0; life <= kills; life += 1) {
        await this.#hostile.work({ jobs: before + ((jobs - before) * (life + 1)) / (kills + 1) });
        this.#options.log(`${this.#hostile.submitted} hostile jobs`);
        if (life < kills) await this.#kill();
      }
      over.abort();
      await sending;
      return this.#hostile.submitted - before;
    });
  }

  /** Measures the good user while `beside` runs, for so many seconds. @returns how many jobs `beside` submitted */
  async #phase(
    phase: Phase,
    beside: (signal: AbortSignal) => Promise<number>,
    seconds?: number,
  ): Promise<void> {
    const over = new AbortController();
    this.#good.takeLatencies();
    const began = performance.now();
    const good = this.#good.work(phase.habit, over.signal);
    const neighbour = beside(over.signal);
    if (seconds === undefined) await neighbour;
    else await pause(seconds * 1000);
    const measured = {
      seconds: (performance.now() - began) / 1000,
      milliseconds: this.#good.takeLatencies(),
    };
    over.abort();
    await good;
    const jobs = await neighbour;
    await this.#good.rest(restSeconds);
    await Promise.all([this.#plain.leave(), this.#hostile.leave()]);
    this.#figures.add(phase, { ...measured, late: this.#good.takeLatencies(), jobs });
    this.#options.log(JSON.stringify(this.#figures.of(phase)));
  }

  async #start(): Promise<void> {
    const { directory } = this.#options;
    const began = performance.now();
    this.#pool = await PoolCommand.start({ directory, port: this.#pool?.port ?? 0 });
    this.#startSeconds.push((performance.now() - began) / 1000);
    this.#key = await readFile(join(directory, 'pool.key'));
  }

  async #kill(): Promise<void> {
    await this.#pool?.end('SIGKILL');
    await this.#start();
  }

  /** Two pilots for the good user only, and two for everybody, which read the jobs' own attributes. */
  #startPilots(): Promise<void>[] {
    const { random } = this.#options;
    const own = { Start: 'TARGET.Owner == "good"' };
    const common = { Start: 'TARGET.Owner != "good" && (TARGET.n.Cpus =!= 7 || TARGET.Kind =?= "x")' };
    for (const [index, slot] of [own, own, common, common].entries()) {
      const uid = `u${index}`;
      this.#pilots.push(
        new WorkingPilot({
          address: async () => ({ url: this.#url, token: await this.#token('pilot', uid) }),
          uid,
          slot,
          random,
          workMilliseconds: 200,
          onRecorded: ({ id }) => this.#good.ended(id.split('.').slice(0, 2).join('.')),
        }),
      );
    }
    return this.#pilots.map((pilot) => pilot.run());
  }

  async #sendRequests(at: typeof sendHostileRequest, signal: AbortSignal): Promise<void> {
    const { random } = this.#options;
    const tokens = await Promise.all(
      (['submitter', 'operator', 'pilot'] as const).map((role) => this.#token(role, 'stranger')),
    );
    while (!signal.aborted) {
      const options: HostileOptions = {
        url: this.#url,
        tokens,
        pilotToken: (uid: string) => this.#token('pilot', uid),
        random,
        text: () => this.#jobs.expression(),
      };
      try {
        const { route, status } = await at(options);
        if (status === 500) this.#harm.push(`${route} answered ${status}`);
        if (at === sendHostileRequest && random() < 0.1)
          await sendHostileMessages(options, `stranger-${this.#requests}`);
        this.#requests += 1;
      } catch {
        // The pool is away, or has closed the connection: all that matters is that it comes back.
      }
      await pause(20);
    }
  }

  /** Looks for good jobs that have not ended, or did not complete. @returns how many completed */
  async #completed(): Promise<number> {
    const client = this.#client('submitter', 'good');
    const left = await client.json(`/v1/jobs?limit=20&owner=good`, jobsAnswer);
    for (const { id, ad, attempts } of left.jobs) {
      const why = await (await client.raw(`/v1/jobs/${id}/why`)).body.text();
      this.#harm.push(
        `the good job ${id} is in state ${ad['JobStatus']}: ${why} ${JSON.stringify(attempts)}`,
      );
    }
    const constraint = encodeURIComponent('Owner == "good"');
    const { jobs } = await client.json(`/v1/history?limit=100000&constraint=${constraint}`, jobsAnswer);
    const done = new Set(jobs.filter(({ ad }) => ad['JobStatus'] === '4').map(({ id }) => id));
    for (const id of this.#good.submitted)
      if (!done.has(id)) this.#harm.push(`the good job ${id} did not complete`);
    return done.size;
  }

  get #url(): string {
    return this.#pool?.url ?? '';
  }

  #token(role: Role, subject: string): Promise<string> {
    return mintToken(this.#key, { subject, role }, 3600);
  }

  #client(role: Role, subject: string): PoolClient {
    let client = this.#clients.get(subject);
    if (client === undefined) {
      client = new PoolClient({ url: this.#url, token: () => this.#token(role, subject) });
      this.#clients.set(subject, client);
    }
    return client;
  }
}
