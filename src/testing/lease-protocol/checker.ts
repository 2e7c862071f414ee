import type { Core } from '#pool/core.ts';
import type { Job } from '#pool/jobs/job.ts';
import { findJob } from '#pool/queue/history.ts';
import { type ClaimRef, claimKey } from '#wire/claim.ts';
import type { PoolMessage } from '#wire/pool-messages.ts';
import type { Execution, PayloadWitness } from './simulated-payload.ts';

interface Acknowledged {
  readonly at: number;
  readonly execution: Execution;
}

/**
 * Watches a simulated world from outside, and keeps its own record of what must be true:
 *
 * - no two payloads of a job are alive at once;
 * - no job is lost: in the end each is Completed, and one completion of it is recorded;
 * - what is recorded as a job's end is the end of an execution that took place under the claim of that record;
 * - each result that the pool has acknowledged is recorded with its attempt.
 */
export class Checker implements PayloadWitness {
  readonly violations: string[] = [];
  readonly executions: Execution[] = [];
  readonly #alive = new Set<Execution>();
  #acknowledged: Acknowledged[] = [];
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  get running(): readonly Execution[] {
    return [...this.#alive];
  }

  born(job: string, claim: ClaimRef, uid: string): Execution {
    const execution = { number: this.executions.length + 1, job, claim, uid, exited: false };
    for (const other of this.#alive)
      if (other.job === job)
        this.#violated(`${job} runs on ${uid} (${claim.id}) and on ${other.uid} (${other.claim.id}) at once`);
    this.executions.push(execution);
    this.#alive.add(execution);
    return execution;
  }

  died(execution: Execution): void {
    this.#alive.delete(execution);
  }

  /** A pilot was killed, and its payloads with it. */
  killed(uid: string): void {
    for (const execution of this.#alive) if (execution.uid === uid) this.#alive.delete(execution);
  }

  heard(uid: string, message: PoolMessage): void {
    if (message.type !== 'recorded') return;
    const key = claimKey(message.claim);
    const execution = this.executions.findLast((each) => each.uid === uid && claimKey(each.claim) === key);
    if (execution?.exited === true) this.#acknowledged.push({ at: this.#now(), execution });
  }

  /** The pool has reported a failure of its own. */
  failed(line: string): void {
    this.#violated(`the pool failed: ${line.slice(0, 1000)}`);
  }

  /** The database is again as it was at `at`. */
  restored(at: number): void {
    this.#acknowledged = this.#acknowledged.filter((each) => each.at <= at);
  }

  /** Compares the pool with what was witnessed, once everything has come to its end. */
  async judge(core: Core, jobs: readonly { cluster: number; proc: number }[]): Promise<void> {
    const completions = await completionsOf(core);
    for (const { cluster, proc } of jobs) {
      const name = `${cluster}.${proc}`;
      const job = await findJob(core, cluster, proc);
      if (job?.state !== 'Completed') {
        this.#violated(`${name} is ${job?.state ?? 'lost'}`);
        continue;
      }
      const recorded = completions.get(name) ?? 0;
      if (recorded !== 1) this.#violated(`${recorded} completions of ${name} are recorded`);
      this.#judgeEnd(job, name);
    }
    for (const { execution } of this.#acknowledged) await this.#judgeAcknowledged(core, execution);
  }

  #judgeEnd(job: Job, name: string): void {
    const execution = this.executions[(job.usage?.wallSeconds ?? 0) - 1];
    const last = job.attempts.at(-1);
    if (execution?.job !== name || !execution.exited)
      this.#violated(`${name} has the end of no execution of it`);
    else if (execution.claim.epoch !== last?.epoch || execution.uid !== last.pilotUid)
      this.#violated(`${name} has the end of ${execution.claim.id}, but its last attempt is ${last?.epoch}`);
  }

  async #judgeAcknowledged(core: Core, { claim, job: name, uid }: Execution): Promise<void> {
    if (claim.generation !== core.generation) return;
    const [cluster, proc] = name.split('.').map(Number);
    const job = await findJob(core, cluster ?? 0, proc ?? 0);
    const attempt = job?.attempts.find(({ epoch, pilotUid }) => epoch === claim.epoch && pilotUid === uid);
    if (attempt?.outcome?.kind !== 'exited')
      this.#violated(`the result of ${claim.id} was acknowledged, but is not recorded`);
  }

  #violated(what: string): void {
    this.violations.push(`at ${(this.#now() / 1000).toFixed(1)} s: ${what}`);
  }
}

/** How many completions of each job its events tell, which are recorded with them. */
async function completionsOf(core: Core): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  for (let after = 0; ; ) {
    const page = await core.store.events({
      after,
      through: core.store.lastSeq,
      owner: undefined,
      clusters: [],
    });
    for (const { cluster, proc, detail } of page.rows) {
      const { kind, next } = JSON.parse(detail) as { readonly kind: string; readonly next?: string };
      if (kind !== 'ended' || next !== 'Completed') continue;
      const name = `${cluster}.${proc}`;
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    if (page.rows.length === 0) return counts;
    after = page.rows.at(-1)?.seq ?? after;
  }
}
