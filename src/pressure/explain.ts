import type { LimitThatBit } from './decision.ts';
import type { WaitingJobs } from './demand.ts';
import type { Packed } from './packing.ts';

interface Facts {
  readonly waiting: readonly WaitingJobs[];
  readonly packed: Packed;
  readonly add: number;
  readonly starting: number;
  readonly going: number;
  readonly limits: readonly LimitThatBit[];
}

const many = (count: number, one: string, more: string): string => `${count} ${count === 1 ? one : more}`;

/** A group's decision in one sentence, such as `12 jobs wait, 4 fit into free slots: 2 pilots more`. */
export function explain({ waiting, packed, add, starting, going, limits }: Facts): string {
  const count = waiting.reduce((sum, jobs) => sum + jobs.count, 0);
  const unrunnable = packed.unrunnable.reduce((sum, jobs) => sum + jobs.count, 0);
  const facts = [count === 0 ? 'No job waits' : `${many(count, 'job waits', 'jobs wait')}`];
  if (packed.fitNow > 0) facts.push(`${many(packed.fitNow, 'fits', 'fit')} into free slots`);
  if (packed.fitStarting > 0) {
    facts.push(
      `${many(packed.fitStarting, 'fits', 'fit')} into ${many(starting, 'pilot that starts', 'pilots that start')}`,
    );
  }
  if (unrunnable > 0) facts.push(`${many(unrunnable, 'fits', 'fit')} no group at all`);
  return `${facts.join(', ')}: ${verdict(add, going)}${held(limits)}`;
}

function verdict(add: number, going: number): string {
  if (add > 0) return `${many(add, 'pilot', 'pilots')} more`;
  return going > 0 ? `${many(going, 'idle pilot', 'idle pilots')} may go` : 'no pilot more';
}

function held(limits: readonly LimitThatBit[]): string {
  if (limits.length === 0) return '';
  return `, held back by ${limits.map(({ name, value }) => `${name} (${value})`).join(' and ')}`;
}
