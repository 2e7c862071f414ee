import { setTimeout as pause } from 'node:timers/promises';
import type { PoolClient } from '#client/pool-client.ts';
import { type ClaimRef, claimKey } from '#wire/claim.ts';
import type { JobFile } from '#wire/file.ts';
import type { Outcome } from '#wire/outcome.ts';
import type { Finished, PilotMessage } from '#wire/pilot-messages.ts';
import type { Start } from '#wire/pool-messages.ts';
import type { Diary, Execution } from './diary.ts';
import { upload } from './upload.ts';

interface PilotPayloadsOptions {
  readonly uid: string;
  /** Uploads the outputs. */
  readonly client: PoolClient;
  readonly diary: Diary;
  readonly random: () => number;
  /** The longest time that most payloads take, in milliseconds; a few take ten times as long. */
  readonly workMilliseconds: number;
  /** Sends a message to the pool, if there is a connection. */
  readonly say: (message: PilotMessage) => void;
  /** Breaks the connection. */
  readonly cut: () => void;
}

/** A claim that the pilot holds: its payload lives, or it has ended and the pool has not recorded that yet. */
interface Held {
  readonly start: Start;
  readonly execution: Execution;
  timer?: NodeJS.Timeout;
  finished?: Finished;
}

/** How often something out of the ordinary happens to a payload or to its result. */
const share = { long: 0.1, failure: 0.03, output: 0.1, repeated: 0.05, cutOff: 0.03, afterwards: 0.02 };

/** The payloads of one pilot. They are timers. What happens to them is in the diary before anybody hears of it. */
export class PilotPayloads {
  readonly #options: PilotPayloadsOptions;
  readonly #held = new Map<string, Held>();

  constructor(options: PilotPayloadsOptions) {
    this.#options = options;
  }

  get claims(): ClaimRef[] {
    return [...this.#held.values()].map(({ start }) => start.claim);
  }

  /** Whether nothing lives here, and nothing that was said waits for an answer. */
  get areOver(): boolean {
    return this.#held.size === 0;
  }

  /** A `start` may come twice. */
  begin(start: Start): void {
    const { diary, random, workMilliseconds, uid } = this.#options;
    const key = claimKey(start.claim);
    if (this.#held.has(key)) return;
    const held: Held = { start, execution: diary.begin(start.job, start.claim, uid) };
    this.#held.set(key, held);
    this.#sayStarted(held);
    const work = random() ** 2 * workMilliseconds * (random() < share.long ? 10 : 1);
    held.timer = setTimeout(() => void this.#exit(held), work);
  }

  /** Says again what the pool may not have heard. */
  sayAgain(): void {
    for (const held of this.#held.values()) {
      if (held.finished !== undefined) this.#options.say(held.finished);
      else if (held.execution.until === undefined) this.#sayStarted(held);
    }
  }

  stop(claim: ClaimRef): void {
    const held = this.#held.get(claimKey(claim));
    if (held !== undefined) this.#stop(held, 'asked');
  }

  stopAll(reason: string): void {
    for (const held of this.#held.values()) this.#stop(held, reason);
  }

  /** The pilot's process is dead, and its payloads with it. */
  killAll(): void {
    for (const held of this.#held.values()) this.#ended(held);
    this.#held.clear();
  }

  /** The pool has recorded the end; the pilot may have to say it again all the same. */
  recorded(claim: ClaimRef): void {
    const held = this.#held.get(claimKey(claim));
    if (held?.finished === undefined) return;
    held.execution.recorded = true;
    this.#held.delete(claimKey(claim));
    if (this.#options.random() < share.afterwards) this.#options.say(held.finished);
  }

  /** The claim is over for the pool. */
  drop(claim: ClaimRef): void {
    const held = this.#held.get(claimKey(claim));
    if (held === undefined) return;
    this.#ended(held);
    this.#held.delete(claimKey(claim));
  }

  #sayStarted({ start: { claim } }: Held): void {
    this.#options.say({ type: 'started', claim, at: Date.now() });
  }

  /** The payload ends by itself, perhaps with an output. */
  async #exit(held: Held): Promise<void> {
    const { random } = this.#options;
    const exitCode = random() < share.failure ? 1 : 0;
    this.#ended(held);
    const outputs = random() < share.output ? await this.#upload(held) : [];
    this.#result(held, { kind: 'exited', exitCode }, outputs);
  }

  /** Tries until the pool has the file, or until nobody waits for it any more. */
  async #upload(held: Held): Promise<JobFile[]> {
    const { client, diary, uid } = this.#options;
    const { claim } = held.start;
    const content = Buffer.from(`output of ${claim.id} on ${uid}`);
    while (this.#held.get(claimKey(claim)) === held) {
      try {
        return [await upload(client, diary, 'result', content)];
      } catch {
        // The pool is down, or its disk is full.
        await pause(100);
      }
    }
    return [];
  }

  #stop(held: Held, reason: string): void {
    if (held.execution.until !== undefined) return;
    this.#ended(held);
    this.#result(held, { kind: 'stopped', reason }, []);
  }

  /** The last process of the payload is dead. */
  #ended({ execution, timer }: Held): void {
    clearTimeout(timer);
    execution.until ??= performance.now();
  }

  /** Reports the end, sometimes twice, and sometimes on a connection that breaks before the answer. */
  #result(held: Held, outcome: Outcome, outputs: readonly JobFile[]): void {
    const { execution } = held;
    const { claim } = held.start;
    if (this.#held.get(claimKey(claim)) !== held) return;
    const { random, say, cut } = this.#options;
    const usage = { wallSeconds: ((execution.until ?? execution.from) - execution.from) / 1000 };
    held.finished = { type: 'finished', claim, outcome, endedAt: Date.now(), usage, outputs: [...outputs] };
    execution.result = { outcome, outputs };
    say(held.finished);
    if (random() < share.repeated) say(held.finished);
    if (random() < share.cutOff) cut();
  }
}
