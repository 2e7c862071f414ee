import type { ProvedIsolation } from '#api/glidein-group-status.ts';
import type { Backoff } from '#base/backoff.ts';
import { Outcomes } from '#fleet/outcomes.ts';
import type { GroupResource } from '../cluster/resources.ts';
import type { Fault } from '../pods/faults.ts';
import type { Complaint } from '../pods/start-errors.ts';

/** Why the API server takes no pod of a group, and when it is asked again. */
export interface Refusal {
  readonly fault: Fault;
  /** Monotonic milliseconds. */
  readonly until: number;
  readonly backoff: Backoff;
}

/**
 * What the operator remembers of a group and could do without: after a restart, and in each term of leadership, it is
 * found again in the pods and in what the pool says.
 */
export class GroupMemory {
  /** How pilots ended, for the breaker. */
  readonly outcomes = new Outcomes();
  /** Uids whose start, or failure to start, was counted. */
  readonly counted = new Set<string>();
  /** Uids whose end was noted. */
  readonly ended = new Set<string>();
  /** When the pool last had a pilot, by uid; monotonic milliseconds. */
  readonly registeredAt = new Map<string, number>();
  /** When an error was first seen to keep a pod from starting, by uid; monotonic milliseconds. */
  readonly troubleSince = new Map<string, number>();
  /** Numbers that are being created; their pods may not be in the copy of the cluster yet. They count as starting. */
  readonly inWork = new Set<number>();
  /** When the API server said that it has the pod of a number in work; monotonic milliseconds. */
  readonly confirmed = new Map<number, number>();
  /** Numbers that nobody can use any more although no pod of theirs is to be seen. */
  readonly spent = new Set<number>();
  /** Grows whenever a pod comes that this program did not expect: decisions from before did not know of it. */
  epoch = 0;
  /** The reserved numbers under which pods were last compared with the API server itself, as JSON. */
  verified: string | undefined;
  /** The last state of the group that the API server answered a write with. */
  written: GroupResource | undefined;
  refusal: Refusal | undefined;
  /** The last words of the pilot that failed last. */
  lastFailure: string | undefined;
  /** What probes proved last. */
  isolation: ProvedIsolation | undefined;
  /** Why the API server refused a probe pod and when (monotonic milliseconds), by tier. */
  readonly refusedProbes = new Map<
    string,
    { readonly digest: string; readonly fault: Fault; readonly at: number }
  >();
  /** What Events say of pods that do not start, by uid: the kubelet says some of it nowhere else. */
  complaints: ReadonlyMap<string, Complaint> = new Map();
  /** When Events were last asked for; monotonic milliseconds. */
  complaintsAskedAt = Number.NEGATIVE_INFINITY;
  /** What keeps the pilots from coming, in a sentence, as the conditions say it; the pool tells its users. */
  blocked: string | undefined;
  /** Pilots that were starting when the group was last looked at. */
  starting = 0;
}

/** The memories of all groups, by uid: a group of the same name that comes later is another. */
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
