import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { nextEvents } from '#client/event-pages.ts';
import type { PoolClient } from '#client/pool-client.ts';
import { maxReason, submitAnswer } from '#wire/jobs.ts';
import { type Asked, compose, sizeOf } from './compose.ts';
import type { Action, Diary } from './diary.ts';
import { NotedRequests } from './noted-requests.ts';

interface SubmitterOptions {
  readonly owner: string;
  readonly client: PoolClient;
  readonly diary: Diary;
  readonly random: () => number;
  /** The most procs of a submission. */
  readonly largest: number;
  /** Whether another submission is due. */
  readonly isDue: () => boolean;
}

/** How often a step is this, and how often something goes wrong on the client's side. */
const share = {
  action: 0.3,
  look: 0.1,
  lostAnswer: 0.1,
  givesUp: 0.2,
  input: 0.1,
  log: 0.3,
  onHold: 0.1,
  series: 0.3,
  byConstraint: 0.2,
  wholeCluster: 0.4,
  releasedInTheEnd: 0.8,
};

/** The longest time in milliseconds for which a client waits that goes away before its answer. */
const shortPatience = 40;

/** The largest input, in bytes. */
const largestInput = 20_000;

/** One user: submits, holds, releases and removes, reads events and listings, and sometimes goes away before the answer. */
export class Submitter {
  /** What it has asked for, in order. */
  readonly asked: Asked[] = [];
  readonly #options: SubmitterOptions;
  readonly #requests: NotedRequests;
  /** What it has held and not released since. */
  readonly #held = new Set<string>();

  constructor(options: SubmitterOptions) {
    this.#options = options;
    this.#requests = new NotedRequests(options.owner, options.client, options.diary);
  }

  /** Works until `enough` aborts, and then releases most of what it has held. */
  async run(enough: AbortSignal): Promise<void> {
    const { random, isDue } = this.#options;
    while (!enough.aborted) {
      if (isDue()) await this.#submit(await this.#compose());
      if (random() < share.action) await this.#act();
      if (random() < share.look) await this.#look();
      await pause(random() * 60);
    }
    for (const target of this.#held) if (random() < share.releasedInTheEnd) await this.#do('release', target);
  }

  /**
   * Holds and releases jobs that match no slot, with long reasons, until `enough` aborts: that makes the database grow.
   * Then removes them.
   * @returns the work that is still going on, once the jobs are in the queue
   */
  async churn(size: number, enough: AbortSignal): Promise<{ readonly over: Promise<void> }> {
    const { owner } = this.#options;
    const key = `crash-${owner}-${this.asked.length}`;
    const asked = compose({ key, owner, size, hasLog: true, more: { Requirements: 'false' } });
    while (asked.submission.clusters.size === 0) await this.#submit(asked);
    const target = [...asked.submission.clusters].join();
    const reason = 'x'.repeat(maxReason);
    const work = async () => {
      while (!enough.aborted) {
        await this.#do('hold', target, reason);
        await this.#do('release', target, reason);
      }
      const removal = { action: 'remove' as const, target, reason, byConstraint: false };
      while ((await this.#requests.act(removal, undefined)).answer === undefined) await pause(100);
    };
    return { over: work() };
  }

  /** Follows its events until `signal` aborts. */
  async follow(signal: AbortSignal): Promise<void> {
    const { client, diary, owner } = this.#options;
    for (let after = 0; !signal.aborted; ) {
      try {
        const { events, through } = await nextEvents(client, { after, wait: 1, signal });
        diary.read(owner, events, through);
        after = through;
      } catch {
        await pause(50);
      }
    }
  }

  /** Sends a request again. @returns the cluster */
  async repeat({ request: json }: Asked): Promise<number> {
    const { client } = this.#options;
    return (await client.json('/v1/jobs', submitAnswer, { method: 'POST', json })).cluster;
  }

  async #submit(asked: Asked): Promise<void> {
    const { diary, random } = this.#options;
    if (this.asked.at(-1) !== asked) {
      this.asked.push(asked);
      diary.submissions.push(asked.submission);
    }
    for (;;) {
      const goesAway = this.#goesAway();
      if (await this.#requests.submit(asked, goesAway)) {
        if (asked.submission.onHold) this.#held.add([...asked.submission.clusters].join());
        return;
      }
      // A client that goes away for good.
      if (goesAway !== undefined && random() < share.givesUp) return;
      await pause(20 + random() * 80);
    }
  }

  async #compose(): Promise<Asked> {
    const { owner, random, largest } = this.#options;
    const key = `crash-${owner}-${this.asked.length}`;
    const content = () => randomBytes(1 + Math.floor(random() * largestInput));
    const input = random() < share.input ? await this.#requests.upload(content()) : undefined;
    return compose({
      key,
      owner,
      size: sizeOf(random, largest),
      hasLog: random() < share.log,
      onHold: random() < share.onHold,
      isSeries: random() < share.series,
      input,
    });
  }

  async #act(): Promise<void> {
    const { random } = this.#options;
    const kind = random();
    if (kind < 0.4 && this.#held.size > 0) {
      await this.#do('release', this.#pick([...this.#held]) ?? '');
      return;
    }
    const submission = this.#pick(this.asked.slice(-8))?.submission;
    const [cluster] = submission?.clusters ?? [];
    if (submission === undefined || cluster === undefined) return;
    const isWhole = random() < share.wholeCluster;
    const target = isWhole ? `${cluster}` : `${cluster}.${Math.floor(random() * submission.procs.length)}`;
    await this.#do(kind < 0.95 ? 'hold' : 'remove', target);
  }

  /** A request without an answer is repeated once. */
  async #do(action: Action['action'], target: string, reason = 'the user wants it'): Promise<void> {
    const { random } = this.#options;
    const how = { action, target, reason, byConstraint: random() < share.byConstraint };
    const { answer, refused } = await this.#requests.act(how, this.#goesAway());
    if (answer === undefined) await pause(20 + random() * 80);
    if (answer === undefined && !refused) await this.#requests.act(how, undefined);
    if (action === 'hold') this.#held.add(target);
    else this.#held.delete(target);
  }

  async #look(): Promise<void> {
    const submission = this.#pick(this.asked.slice(-30))?.submission;
    for (const cluster of submission?.clusters ?? [])
      await this.#requests.look(cluster, submission?.procs.length ?? 0);
  }

  /** The end of a client's patience; undefined if it waits for the answer. */
  #goesAway(): AbortSignal | undefined {
    const { random } = this.#options;
    return random() < share.lostAnswer ? AbortSignal.timeout(Math.ceil(random() * shortPatience)) : undefined;
  }

  #pick<Thing>(things: readonly Thing[]): Thing | undefined {
    return things[Math.floor(this.#options.random() * things.length)];
  }
}
