import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { isCode } from '#base/error.ts';
import { PoolClient } from '#client/pool-client.ts';
import { mintToken } from '#pool/auth/tokens.ts';
import { submitOf } from '#testing/ads.ts';
import { PoolCommand } from '#testing/pool-command.ts';
import { WorkingPilot } from '#testing/working-pilot.ts';
import { jobActionAnswer, jobsAnswer, submitAnswer } from '#wire/jobs.ts';
import type { Role } from '#wire/role.ts';
import { babble, knock } from './hostile-doors.ts';
import { HostileJobs } from './hostile-jobs.ts';

export interface AttackOptions {
  readonly directory: string;
  /** Hostile jobs in all, and in one submission. */
  readonly jobs: number;
  readonly batch: number;
  /** How often the pool is killed and started again. */
  readonly kills: number;
  /** Seconds for which the good user is alone, before. */
  readonly aloneSeconds: number;
  readonly seed: number;
  readonly random: () => number;
  readonly log: (line: string) => void;
}

export interface AttackResult {
  readonly seed: number;
  readonly submitted: number;
  /** Submissions with a text that does not parse: none may be in the queue. */
  readonly refused: number;
  readonly starts: number;
  readonly startSeconds: readonly number[];
  /** Hostile jobs by their state when they were looked at. */
  readonly states: Readonly<Record<string, number>>;
  readonly good: { readonly submitted: number; readonly completed: number };
  /** Good jobs that ended in a second, alone and under attack, and processor seconds are the machine's to share. */
  readonly rateAlone: number;
  readonly rateUnderAttack: number;
  readonly listings: number;
  readonly knocks: number;
  /** What must not be: answers of 500, held jobs without a reason, refused jobs in the queue, lost good jobs. */
  readonly harm: readonly string[];
}

/** How many of the newest hostile clusters stay in the queue. */
const keptClusters = 4;
/** Characters, each of which may become three. */
const longestConstraint = 4_000;
/** Good jobs that are in the queue at once. */
const goodInQueue = 40;

/** A hostile user, and whoever knocks at the doors, against a pool in its own process and a good user beside them. */
export class HostileAttack {
  readonly #options: AttackOptions;
  readonly #hostile: HostileJobs;
  readonly #pilots: WorkingPilot[] = [];
  readonly #clients = new Map<string, PoolClient>();
  readonly #harm: string[] = [];
  readonly #states: Record<string, number> = {};
  readonly #startSeconds: number[] = [];
  readonly #good = new Set<string>();
  readonly #clusters: number[] = [];
  #pool: PoolCommand | undefined;
  #key: Uint8Array = new Uint8Array();
  #isOver = false;
  #counts = { submitted: 0, refused: 0, listings: 0, knocks: 0 };

  constructor(options: AttackOptions) {
    this.#options = options;
    this.#hostile = new HostileJobs(options.seed, options.random);
  }

  async run(): Promise<AttackResult> {
    const { log, aloneSeconds, jobs, batch, kills, seed } = this.#options;
    await this.#start();
    const working = this.#startPilots();
    const good = this.#submitGood();
    try {
      await pause(2000);
      const rateAlone = await this.#rateWhile(() => pause(aloneSeconds * 1000));
      log(`alone: ${rateAlone.toFixed(1)} good jobs a second`);
      const knocking = this.#knock();
      const rounds = Math.ceil(jobs / batch);
      const rates: number[] = [];
      for (let life = 0; life <= kills; life += 1) {
        const until = Math.ceil(((life + 1) * rounds) / (kills + 1));
        rates.push(await this.#rateWhile(() => this.#attack(until)));
        log(`${this.#counts.submitted} hostile jobs, ${rates.at(-1)?.toFixed(1)} good jobs a second`);
        if (life < kills) await this.#kill();
      }
      this.#isOver = true;
      await Promise.all([good, knocking]);
      const completed = await this.#completed();
      const rateUnderAttack = rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
      return {
        seed,
        ...this.#counts,
        starts: this.#startSeconds.length,
        startSeconds: this.#startSeconds,
        states: this.#states,
        good: { submitted: this.#good.size, completed },
        rateAlone,
        rateUnderAttack,
        harm: this.#harm,
      };
    } finally {
      this.#isOver = true;
      for (const pilot of this.#pilots) pilot.stop();
      await Promise.allSettled([...working, good]);
      await Promise.all([...this.#clients.values()].map((client) => client.close()));
      await this.#pool?.end('SIGTERM');
    }
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
    // The good user and the pilots come back before anything is measured.
    await pause(2000);
  }

  /** Two pilots for the good user alone; two for everybody, which read what jobs say of themselves. */
  #startPilots(): Promise<void>[] {
    const { random } = this.#options;
    const own = { Start: 'TARGET.Owner == "good"' };
    const common = { Start: 'TARGET.Owner != "good" && (TARGET.n.Cpus =!= 7 || TARGET.Kind =?= "x")' };
    for (const [index, slot] of [own, own, common, common].entries()) {
      const uid = `u${index}`;
      const address = async () => ({ url: this.#url, token: await this.#token('pilot', uid) });
      this.#pilots.push(new WorkingPilot({ address, uid, slot, random, workMilliseconds: 200 }));
    }
    return this.#pilots.map((pilot) => pilot.run());
  }

  async #submitGood(): Promise<void> {
    while (!this.#isOver) {
      if (this.#good.size - this.#goodRecorded() < goodInQueue) {
        const json = submitOf(10);
        // The answer to one key is asked for until it comes, as a careful client does.
        while (!(await this.#submitted(json))) await pause(50);
      }
      await pause(20);
    }
  }

  async #submitted(json: ReturnType<typeof submitOf>): Promise<boolean> {
    try {
      const { cluster, procs } = await this.#client('submitter', 'good').json('/v1/jobs', submitAnswer, {
        method: 'POST',
        json,
      });
      for (let proc = 0; proc < procs; proc += 1) this.#good.add(`${cluster}.${proc}`);
      return true;
    } catch {
      return this.#isOver;
    }
  }

  #goodRecorded(): number {
    let count = 0;
    for (const { diary } of this.#pilots) {
      for (const id of diary.recorded) if (this.#good.has(id.split('.').slice(0, 2).join('.'))) count += 1;
    }
    return count;
  }

  async #rateWhile(work: () => Promise<unknown>): Promise<number> {
    const began = performance.now();
    const before = this.#goodRecorded();
    await work();
    return ((this.#goodRecorded() - before) * 1000) / (performance.now() - began);
  }

  /** Submits, lists, asks why, holds, releases and removes, until so many rounds are done. */
  async #attack(rounds: number): Promise<void> {
    const { batch } = this.#options;
    while (this.#counts.submitted < rounds * batch) {
      await this.#submitHostile();
      await this.#list();
      const [oldest] = this.#clusters.length > keptClusters ? this.#clusters.splice(0, 1) : [];
      if (oldest !== undefined) await this.#look(oldest);
    }
  }

  async #submitHostile(): Promise<void> {
    const { random, batch } = this.#options;
    const flaw = random() < 0.05;
    const json = this.#hostile.cluster(batch, flaw);
    try {
      const mallory = this.#client('submitter', 'mallory');
      const { cluster } = await mallory.json('/v1/jobs', submitAnswer, { method: 'POST', json });
      if (flaw) this.#harm.push(`cluster ${cluster} was taken although a text of it does not parse`);
      this.#counts.submitted += batch;
      this.#clusters.push(cluster);
    } catch (error) {
      if (!flaw || !isCode(error, 'InvalidExpression'))
        this.#harm.push(`a submission failed: ${String(error)}`);
      this.#counts.refused += 1;
      if (!flaw) this.#counts.submitted += batch;
    }
  }

  async #list(): Promise<void> {
    const text = this.#hostile.expression();
    // Longer addresses than this are refused by HTTP itself.
    const constraint = encodeURIComponent(text.length > longestConstraint ? 'n.Cpus' : text);
    await this.#ask(`/v1/jobs?limit=50&constraint=${constraint}`);
    // It looks at all that ever ended, which is more with each round.
    if (this.#options.random() < 0.05) await this.#ask(`/v1/history?limit=50&constraint=${constraint}`);
    const cluster = this.#clusters.at(-1);
    if (cluster !== undefined) await this.#ask(`/v1/jobs/${cluster}.0/why`);
    this.#counts.listings += 2;
  }

  async #ask(path: string): Promise<void> {
    const answer = await this.#client('submitter', 'mallory')
      .raw(path)
      .catch((error: unknown) => error as Error);
    if (answer instanceof Error) {
      if (!isCode(answer, 'NotFound') && !isCode(answer, 'InvalidArgument'))
        this.#harm.push(`${path.slice(0, 200)}: ${String(answer)}`);
    } else await answer.body.dump();
  }

  /** What became of a hostile cluster, before it is removed. */
  async #look(cluster: number): Promise<void> {
    const mallory = this.#client('submitter', 'mallory');
    const { jobs } = await mallory.json(`/v1/jobs/${cluster}`, jobsAnswer);
    for (const { id, ad } of jobs) {
      const state = ad['JobStatus'] ?? '?';
      this.#states[state] = (this.#states[state] ?? 0) + 1;
      if (state === '5' && (ad['HoldReason'] ?? '""').length < 10)
        this.#harm.push(`${id} is held without a reason`);
    }
    for (const action of ['hold', 'release', 'remove'] as const) {
      const json = { action, jobs: [String(cluster)], reason: 'because' };
      await mallory.json('/v1/jobs/actions', jobActionAnswer, { method: 'POST', json });
    }
  }

  async #knock(): Promise<void> {
    const { random } = this.#options;
    const tokens = await Promise.all(
      (['submitter', 'operator', 'pilot'] as const).map((role) => this.#token(role, 'stranger')),
    );
    const text = () => this.#hostile.expression();
    while (!this.#isOver) {
      const options = {
        url: this.#url,
        tokens,
        pilotToken: (uid: string) => this.#token('pilot', uid),
        random,
        text,
      };
      try {
        const { door, status } = await knock(options);
        if (status === 500) this.#harm.push(`${door} answered ${status}`);
        if (random() < 0.1) await babble(options, `stranger-${this.#counts.knocks}`);
        this.#counts.knocks += 1;
      } catch {
        // The pool is away, or hung up: what counts is that it comes back.
      }
      await pause(20);
    }
  }

  /** Waits for all good jobs to end; how many completed. */
  async #completed(): Promise<number> {
    const client = this.#client('submitter', 'good');
    const constraint = encodeURIComponent('Owner == "good"');
    for (let tries = 0; tries < 300; tries += 1) {
      const { total } = await client.json(`/v1/jobs?limit=1&constraint=${constraint}`, jobsAnswer);
      if (total === 0) break;
      await pause(100);
    }
    const left = await client.json(`/v1/jobs?limit=20&constraint=${constraint}`, jobsAnswer);
    for (const { id, ad, attempts } of left.jobs) {
      const why = await (await client.raw(`/v1/jobs/${id}/why`)).body.text();
      this.#harm.push(
        `the good job ${id} is in state ${ad['JobStatus']}: ${why} ${JSON.stringify(attempts)}`,
      );
    }
    const { jobs } = await client.json(`/v1/history?limit=100000&constraint=${constraint}`, jobsAnswer);
    const done = new Set(jobs.filter(({ ad }) => ad['JobStatus'] === '4').map(({ id }) => id));
    for (const id of this.#good) if (!done.has(id)) this.#harm.push(`the good job ${id} did not complete`);
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
