/** An event for the owner of a job, with the number of the journal record that caused it. */
export interface EventRow {
  readonly seq: number;
  readonly cluster: number;
  /** -1: the whole cluster. */
  readonly proc: number;
  readonly owner: string;
  /** Epoch milliseconds. */
  readonly at: number;
  /** JSON. */
  readonly detail: string;
}

/** Some events in order. `through` is the number up to which the answer is complete. */
export interface EventPage {
  readonly rows: readonly EventRow[];
  readonly through: number;
}

/** Which events are asked for. */
export interface EventQuery {
  readonly after: number;
  /** The newest record: an event beyond it is not durable yet. */
  readonly through: number;
  /** Everybody's if absent. */
  readonly owner: string | undefined;
  /** All if empty. */
  readonly clusters: readonly number[];
}
