import type { Clock, Timer } from '#base/clock.ts';
import { GlideinError } from '#base/error.ts';
import { truncate } from '#base/truncate.ts';
import { milliseconds } from '#spec/fields.ts';
import type { SlotAttribute } from '#spec/slot-attributes.ts';
import type { Check } from '#spec/validation.ts';
import type { Logger } from '#telemetry/logger.ts';
import { readResults } from './read-results.ts';
import type { CheckRun } from './run-check.ts';

type Attributes = Readonly<Record<string, SlotAttribute>>;

export interface ValidationsOptions {
  readonly checks: readonly Check[];
  readonly run: (check: Check, signal: AbortSignal) => Promise<CheckRun>;
  /** Attributes that scripts may not set, in lower case. */
  readonly reserved: ReadonlySet<string>;
  /** Puts what a script says into the slot ad, in the place of what it has said before. */
  readonly contribute: (part: string, attributes: Attributes) => void;
  /** A script for which the pilot must not live on has failed, after the pilot has registered. */
  readonly failed: (reason: string) => void;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Characters of the longest reason in a slot ad. */
const longestReason = 256;

/**
 * The scripts by which administrators judge a node.
 *
 * | result | onFailure | before the pilot registers | later                                                |
 * |--------|-----------|----------------------------|------------------------------------------------------|
 * | passes | any       | its attributes             | its attributes; the slot accepts jobs again          |
 * | fails  | Fail      | the pilot ends             | the pilot accepts no more jobs and leaves            |
 * | fails  | Pause     | the slot's Start is false  | the slot's Start is false; payloads run on           |
 * | fails  | Advertise | an attribute says so       | an attribute says so                                 |
 *
 * What a script has said before it fails is withdrawn.
 */
export class Validations {
  readonly #options: ValidationsOptions;
  readonly #stopped = new AbortController();
  readonly #timers = new Set<Timer>();
  readonly #paused = new Set<string>();

  constructor(options: ValidationsOptions) {
    this.#options = options;
  }

  /**
   * Runs every script once, all at the same time; those with a period run again later.
   * @throws GlideinError RuntimeFailed with the reason of the first that must not fail
   */
  async start(): Promise<void> {
    const { checks } = this.#options;
    const runs = await Promise.all(
      checks.map(async (check) => ({ check, result: await this.#judge(check) })),
    );
    const failure = runs.find(({ check, result }) => !result.passed && check.onFailure === 'Fail');
    if (failure !== undefined) {
      this.stop();
      throw new GlideinError('RuntimeFailed', reasonOf(failure.check, failure.result), {
        cure: `look at the node, or run the script there by hand: ${failure.check.command.join(' ')}`,
      });
    }
    for (const check of checks) this.#again(check);
  }

  stop(): void {
    this.#stopped.abort();
    for (const timer of this.#timers) timer.cancel();
  }

  async #judge(check: Check): Promise<CheckRun> {
    const { run, reserved, contribute, clock, logger } = this.#options;
    const began = clock.monotonic();
    const result = await run(check, this.#stopped.signal);
    if (this.#stopped.signal.aborted) return result;
    const { attributes, refused } = readResults(result.passed ? result.stdout : '', reserved);
    const { name, onFailure } = check;
    const seconds = (clock.monotonic() - began) / 1000;
    logger.info({ check: name, passed: result.passed, reason: result.reason, seconds }, 'node validated');
    if (refused.length > 0) logger.warn({ check: name, refused }, 'lines of a validation are not used');
    contribute(`validation ${name}`, { ...attributes, ...verdictOf(name, result) });
    if (onFailure === 'Pause') this.#pause(name, !result.passed);
    return result;
  }

  /** One part says whether any script keeps the slot from jobs, so that the last one to pass opens it again. */
  #pause(name: string, isPaused: boolean): void {
    if (isPaused) this.#paused.add(name);
    else this.#paused.delete(name);
    this.#options.contribute('validation', this.#paused.size > 0 ? { Start: { expression: 'false' } } : {});
  }

  #again(check: Check): void {
    if (check.period === undefined) return;
    const timer = this.#options.clock.after(milliseconds(check.period), () => {
      this.#timers.delete(timer);
      void this.#repeat(check);
    });
    this.#timers.add(timer);
  }

  async #repeat(check: Check): Promise<void> {
    const result = await this.#judge(check);
    if (this.#stopped.signal.aborted) return;
    if (!result.passed && check.onFailure === 'Fail') this.#options.failed(reasonOf(check, result));
    this.#again(check);
  }
}

const reasonOf = ({ name }: Check, { reason }: CheckRun): string =>
  `the validation ${name} has failed on this node: ${reason}`;

function verdictOf(name: string, { passed, reason }: CheckRun): Attributes {
  const attribute = `GLIDEIN_Validation_${name}`;
  return passed
    ? { [attribute]: true }
    : { [attribute]: false, [`${attribute}_Reason`]: truncate(reason, longestReason) };
}
