/** How a payload finds the services of its pilot. */
export interface Discovery {
  /** Variables that it gets, unless its job sets them. */
  readonly environment: ReadonlyMap<string, string>;
  /** The content of the file with all services; undefined where there are none. */
  readonly file: string | undefined;
}

/** What a payload has of its pilot. */
export interface PayloadPlace {
  /** Numbers of its GPUs. */
  readonly gpus: readonly number[];
  /** From 1 on; no two payloads have the same at a time. */
  readonly slotNumber: number;
}

export const noServices: Discovery = { environment: new Map(), file: undefined };
