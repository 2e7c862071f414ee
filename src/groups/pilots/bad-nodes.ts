/** The most nodes that a pod is kept away from. With more, it is hardly the nodes that are bad. */
const most = 16;

/** The nodes on which pilots of a group have found out that payloads cannot run there, and when; milliseconds of one clock. */
export class BadNodes {
  readonly #seen = new Map<string, number>();

  saw(node: string, at: number): void {
    // The order of the map is that of the last failures.
    this.#seen.delete(node);
    this.#seen.set(node, at);
  }

  /** The nodes to keep away from, by name. @param duration milliseconds for which a node is avoided */
  toAvoid(duration: number, now: number): string[] {
    const late = [...this.#seen].filter(([, at]) => now - at < duration).map(([node]) => node);
    return late.slice(-most).sort();
  }

  /** Forgets what is older than anybody asks for. */
  keepLast(duration: number, now: number): void {
    for (const [node, at] of this.#seen) if (now - at >= duration) this.#seen.delete(node);
  }
}
