import type { GroupResource } from '../cluster/resources.ts';
import { ProbeMemory } from '../isolation/probe.ts';
import { ProblemEvents } from '../pods/problem-events.ts';
import { BadNodes } from './bad-nodes.ts';
import { CreationBackoff } from './creation-backoff.ts';
import { Expectations } from './expectations.ts';
import { PilotHistory } from './history.ts';
import { StartUps } from './start-up.ts';

/**
 * What the operator remembers of a group. It can do without: after a restart, and in each term of leadership, the pods and
 * the pool tell it again.
 */
export class GroupMemory {
  readonly history = new PilotHistory();
  readonly badNodes = new BadNodes();
  readonly startUps = new StartUps();
  readonly expectations = new Expectations();
  readonly backoff = new CreationBackoff();
  readonly probes = new ProbeMemory();
  readonly problemEvents = new ProblemEvents();
  /** The group as the API server returned it from the last write. */
  written: GroupResource | undefined;
  /** What keeps the pilots from coming, in a sentence, as the conditions say it; the pool tells its users. */
  blocked: string | undefined;
  /** Pilots that were starting at the last reconcile. */
  starting = 0;
}

/** The memories of all groups, by uid: a later group of the same name is another. */
export class GroupMemories {
  readonly #byUid = new Map<string, GroupMemory>();

  of(group: GroupResource): GroupMemory {
    const uid = group.metadata.uid ?? '';
    const known = this.#byUid.get(uid) ?? new GroupMemory();
    this.#byUid.set(uid, known);
    return known;
  }

  /** A term begins: another leader has acted since. */
  clear(): void {
    this.#byUid.clear();
  }

  forget(uid: string): void {
    this.#byUid.delete(uid);
  }
}
