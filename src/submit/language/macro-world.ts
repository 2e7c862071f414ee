/** The platform that the payload is built for, in the words of slot ads: `X86_64` and `LINUX`. */
export interface Platform {
  readonly arch: string;
  readonly opsys: string;
}

/**
 * What macros need to know of the world.
 *
 * **Gotchas.** `now` is one instant for the whole submission, as `$(SUBMIT_TIME)` is. `random` is asked once for each use
 * of a random macro in each job. `directory` is where the user is, not where the submit file lies.
 */
export interface MacroWorld {
  readonly file: string;
  readonly directory: string;
  readonly now: number;
  /** The platform that the payload is built for. */
  readonly platform: Platform;
  /** IANA name of the submitter's time zone; the machine's own when absent. */
  readonly timeZone?: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly userId?: number;
  random(): number;
}
