import type { JobView } from '#wire/jobs.ts';
import { heldSentence, listed } from './job-table.ts';

/** The most jobs that get a line of their own each time. */
const mostLines = 10;

/** Reports every hold of the awaited jobs once: without that, `glidein wait` would wait for ever in silence. */
export class HeldNotes {
  readonly #say: (line: string) => void;
  #reported: ReadonlySet<string> = new Set();

  constructor(say: (line: string) => void) {
    this.#say = say;
  }

  /** @param held the jobs that are held now */
  look(held: readonly JobView[]): void {
    const fresh = held.filter((job) => !this.#reported.has(holdOf(job)));
    this.#reported = new Set(held.map(holdOf));
    for (const job of fresh.slice(0, mostLines)) this.#say(heldSentence(listed(job), 'truncated'));
    if (fresh.length > mostLines)
      this.#say(`${fresh.length - mostLines} more are held; \`glidein q\` lists them`);
    if (fresh.length > 0)
      this.#say('waiting until they are released (`glidein release`) or removed (`glidein rm`)');
  }
}

/** Identifies one hold of a job: between two looks it may have run and been held again. */
const holdOf = ({ id, ad }: JobView): string => `${id} ${ad.NumHolds ?? ad.EnteredCurrentStatus}`;
