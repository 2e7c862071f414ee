import type { JobView } from '#wire/jobs.ts';
import { heldSentence, isHeld, listed } from './job-table.ts';

/** Jobs that get a line of their own in one look. */
const mostLines = 10;

/** Tells of jobs that are held, each time that they are: whoever waits for them would wait for ever in silence. */
export class HeldNotes {
  readonly #say: (line: string) => void;
  #told: ReadonlySet<string> = new Set();

  constructor(say: (line: string) => void) {
    this.#say = say;
  }

  /** @param jobs those of one look */
  look(jobs: readonly JobView[]): void {
    const held = jobs.filter(isHeld);
    const fresh = held.filter((job) => !this.#told.has(time(job)));
    this.#told = new Set(held.map(time));
    for (const job of fresh.slice(0, mostLines)) this.#say(heldSentence(listed(job), 'clipped'));
    if (fresh.length > mostLines)
      this.#say(`${fresh.length - mostLines} more are held; \`glidein q\` lists them`);
    if (fresh.length > 0)
      this.#say('waiting until they are released (`glidein release`) or removed (`glidein rm`)');
  }
}

/** One of the times that a job was held: between two looks it may have run. */
const time = ({ id, ad }: JobView): string => `${id} ${ad.NumHolds ?? ad.EnteredCurrentStatus}`;
