/** One thing that the probe has found out about a node. */
export interface Finding {
  /** For people: `FUSE`. */
  readonly what: string;
  /** What the slot ad says of it. */
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
  /** `bad`: no payload can run here, or not well. `missing`: jobs that need it run elsewhere. */
  readonly verdict: 'good' | 'missing' | 'bad';
  /** What was run or read, and what it said. */
  readonly evidence: string;
  /** The least change that would make it good; absent if nothing needs to change, or nobody knows. */
  readonly cure?: string;
}
