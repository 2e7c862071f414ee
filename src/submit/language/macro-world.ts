/** What the payload is made for, in the words of slot ads: `X86_64` and `LINUX`. */
export interface Platform {
  readonly arch: string;
  readonly opsys: string;
}

/** What macros need to know of the world. */
export interface MacroWorld {
  readonly file: string;
  readonly directory: string;
  readonly now: number;
  /** What the payload is made for. */
  readonly platform: Platform;
  /** IANA name of the submitter's time zone; the machine's own when absent. */
  readonly timeZone?: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly userId?: number;
  random(): number;
}
