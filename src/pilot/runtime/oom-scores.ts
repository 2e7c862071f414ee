import { readFileSync, writeFileSync } from 'node:fs';

/**
 * Where payloads see the pilot in `/proc` (tier B), they may raise its `oom_score_adj`, because they run as the same user; then the
 * kernel would kill the pilot first when memory runs out. They cannot lower it, but the pilot can, down to what it was.
 */
export class OomScores {
  readonly #before: ReadonlyMap<string, number>;

  /** @param pids the processes whose scores are kept as they are now */
  constructor(pids: readonly number[]) {
    const scores = pids.map((pid) => [`/proc/${pid}/oom_score_adj`, scoreIn(pid)] as const);
    this.#before = new Map(scores.flatMap(([path, score]) => (score === undefined ? [] : [[path, score]])));
  }

  /** @returns whether a score had been raised */
  restore(): boolean {
    let wasRaised = false;
    for (const [path, before] of this.#before) {
      const now = read(path);
      if (now === undefined || now <= before) continue;
      wasRaised = true;
      try {
        writeFileSync(path, String(before));
      } catch {
        // The process has ended, or has another user.
      }
    }
    return wasRaised;
  }
}

const scoreIn = (pid: number) => read(`/proc/${pid}/oom_score_adj`);

function read(path: string): number | undefined {
  try {
    return Number(readFileSync(path, 'latin1'));
  } catch {
    return undefined;
  }
}
