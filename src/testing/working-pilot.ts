import type { ClaimRef } from '#wire/claim.ts';
import type { Start } from '#wire/pool-messages.ts';
import { ScriptedPilot } from './scripted-pilot.ts';

interface WorkingPilotOptions {
  /** Asked at each connection. */
  readonly address: () => Promise<{ readonly url: string; readonly token: string }>;
  readonly uid: string;
  readonly slot?: Readonly<Record<string, string>>;
  readonly random: () => number;
  /** The longest time that a job takes, in milliseconds. */
  readonly workMilliseconds: number;
  /** How often, of all reconnections, it comes back without its claims: its payloads are dead. */
  readonly forgets?: number;
  /** Called when the pool has promised to remember the end of a claim. */
  readonly onRecorded?: (claim: ClaimRef) => void;
}

/** What a pilot was told and has told, for a test to compare with what the pool remembers. */
export interface PilotDiary {
  /** Every claim that a `start` came for, with its job. */
  readonly started: Map<string, { readonly job: string; readonly claim: ClaimRef }>;
  /** Claims whose end the pool has promised to remember. */
  readonly recorded: Set<string>;
}

/**
 * A pilot that keeps at it: it runs what comes, says how it ended until that is recorded, and connects again and
 * again with what it holds. Payloads are timers.
 */
export class WorkingPilot {
  readonly uid: string;
  readonly diary: PilotDiary = { started: new Map(), recorded: new Set() };
  readonly #options: WorkingPilotOptions;
  /** Claims that it holds; true once the payload has ended. */
  readonly #held = new Map<string, { readonly start: Start; ended: boolean }>();
  #pilot: ScriptedPilot | undefined;
  #stopped = false;

  constructor(options: WorkingPilotOptions) {
    this.uid = options.uid;
    this.#options = options;
  }

  /** Works until {@link stop}. */
  async run(): Promise<void> {
    while (!this.#stopped) {
      try {
        await this.#connection();
      } catch {
        // The pool is away: that is what this pilot is for.
      }
      await pause(20 + 50 * this.#options.random());
    }
  }

  stop(): void {
    this.#stopped = true;
    this.#pilot?.cut();
  }

  async #connection(): Promise<void> {
    const { address, uid, slot, random, forgets = 0 } = this.#options;
    if (random() < forgets) this.#held.clear();
    const pilot = await ScriptedPilot.open({
      ...(await address()),
      uid,
      ...(slot === undefined ? {} : { slot }),
    });
    this.#pilot = pilot;
    if (this.#stopped) pilot.cut();
    pilot.sayHello({ claims: [...this.#held.values()].map(({ start }) => start.claim) });
    const { drop } = await pilot.next('welcome');
    for (const claim of drop) this.#drop(claim);
    for (const { start, ended } of this.#held.values()) if (ended) pilot.finished(start);
    let read = 0;
    while (pilot.ended === undefined) {
      for (; read < pilot.heard.length; read += 1) this.#hear(pilot, read);
      await pilot.change(1000);
    }
  }

  /** If it has ended, that is recorded, and the word of it was lost on its way. */
  #drop(claim: ClaimRef): void {
    if (this.#held.get(claim.id)?.ended === true) this.#options.onRecorded?.(claim);
    this.#held.delete(claim.id);
  }

  #hear(pilot: ScriptedPilot, index: number): void {
    const message = pilot.heard[index];
    if (message?.type === 'start') this.#begin(message);
    else if (message?.type === 'stop') this.#end(message.claim);
    else if (message?.type === 'recorded') {
      this.diary.recorded.add(message.claim.id);
      this.#held.delete(message.claim.id);
      this.#options.onRecorded?.(message.claim);
    }
  }

  /** Its payload obeys at once. */
  #end({ id }: ClaimRef): void {
    const held = this.#held.get(id);
    if (held === undefined || held.ended) return;
    held.ended = true;
    this.#say((pilot) => pilot.finished(held.start, { kind: 'stopped', reason: 'asked' }));
  }

  #begin(start: Start): void {
    const { id } = start.claim;
    this.diary.started.set(id, start);
    if (this.#held.has(id)) return;
    const held = { start, ended: false };
    this.#held.set(id, held);
    this.#say((pilot) => pilot.started(start));
    setTimeout(() => {
      if (this.#held.get(id) !== held || held.ended) return;
      held.ended = true;
      this.#say((pilot) => pilot.finished(start));
    }, this.#options.random() * this.#options.workMilliseconds);
  }

  #say(what: (pilot: ScriptedPilot) => void): void {
    if (this.#pilot !== undefined && this.#pilot.ended === undefined) what(this.#pilot);
  }
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
