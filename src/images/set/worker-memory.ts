/** What processes that expand images may take. */
export interface WorkerMemory {
  /** How many of them run at a time, at most. */
  readonly processes: number;
  /** Mebibytes of the heap of each. */
  readonly heap: number;
}

/** What a process takes besides its old heap, in mebibytes: Node itself, its young heap, the window of zstd, and what is on its way. */
const beside = 84;

/** The least heap with which it is worth while to begin. */
const leastHeap = 44;

/**
 * Shares half of the memory that there is among the processes that expand images: the other half is the publisher's, for its own heap and
 * for what registries send it. Where that is not enough for as many as a set wants, there are fewer.
 * @param memory mebibytes
 * @param wanted how many the set wants
 */
export function workerMemory(memory: number, wanted: number): WorkerMemory {
  const half = Math.floor(memory / 2);
  const processes = Math.max(1, Math.min(wanted, Math.floor(half / (beside + leastHeap))));
  return { processes, heap: Math.max(leastHeap, Math.floor(half / processes) - beside) };
}
