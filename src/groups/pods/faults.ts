import { clip } from '#base/clip.ts';
import { type FaultContext, type FaultRow, refusals, schedulingFaults, startFaults } from './fault-table.ts';

/** What keeps pilots from coming: a word for programs, and a sentence with what to do about it. */
export interface Fault {
  readonly reason: string;
  readonly message: string;
}

/** The cluster's own words are repeated up to here; they may be a page long. */
const longestWords = 400;

/** Why the API server does not take a pod. */
export const refusalFault = (words: string, context: FaultContext): Fault =>
  faultOf(refusals, words, 'CreationRefused', context);

/** Why a pod that has a node does not start, by the kubelet's reason and message. */
export const startFault = (reason: string, message: string, context: FaultContext): Fault =>
  faultOf(startFaults, message === '' ? reason : `${reason}: ${message}`, 'CannotStart', context);

/** Why a pod has no node, by the scheduler's message. */
export const schedulingFault = (words: string, context: FaultContext): Fault =>
  faultOf(
    schedulingFaults,
    words.replace(/,? (?:no new claims to deallocate, )?preemption: .*$/s, '.'),
    'NoNode',
    context,
  );

function faultOf(rows: readonly FaultRow[], words: string, otherwise: string, context: FaultContext): Fault {
  const said = clip(words.trim().replace(/\s+/g, ' '), longestWords);
  for (const { reason, when, cure } of rows) {
    const found = when.exec(words);
    if (found === null) continue;
    const word = found.slice(1).find((each) => each !== undefined) ?? '';
    return { reason, message: `${withoutPeriod(said)}; ${cure(word, context)}` };
  }
  return { reason: otherwise, message: withoutPeriod(said) };
}

const withoutPeriod = (text: string): string => text.replace(/[.;\s]+$/, '');
