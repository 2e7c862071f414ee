import { truncate } from '#base/truncate.ts';
import type { Pod } from '#kube/resource.ts';
import type { Fault } from '../status/conditions.ts';
import { type CureContext, type FaultRow, refusals, schedulingFaults, startFaults } from './fault-table.ts';

/** The most characters of the cluster's own words that are repeated; they can be a page long. */
const longestWords = 400;

/** Why the API server refuses a pod. */
export const refusalFault = (words: string, context: CureContext): Fault =>
  faultOf(refusals, words, 'CreationRefused', context);

/** Why a pod that has a node does not start, by the kubelet's reason and message. */
export const startFault = (reason: string, message: string, context: CureContext): Fault =>
  faultOf(startFaults, message === '' ? reason : `${reason}: ${message}`, 'CannotStart', context);

/** Why a pod has no node, by the scheduler's message. */
export const schedulingFault = (words: string, context: CureContext): Fault =>
  faultOf(
    schedulingFaults,
    words.replace(/,? (?:no new claims to deallocate, )?preemption: .*$/s, '.'),
    'NoNode',
    context,
  );

/** Why a pod has no node; undefined where it has one, or where the scheduler has said nothing yet. */
export function whyUnscheduled(name: string, pod: Pod, context: CureContext): Fault | undefined {
  const said = pod.status?.conditions?.find(
    ({ type, status }) => type === 'PodScheduled' && status === 'False',
  );
  if (said?.message === undefined) return undefined;
  const { reason, message } = schedulingFault(said.message, context);
  return { reason, message: `${name} has no node: ${message}` };
}

function faultOf(rows: readonly FaultRow[], words: string, otherwise: string, context: CureContext): Fault {
  const said = truncate(words.trim().replace(/\s+/g, ' '), longestWords);
  for (const { reason, when, cure } of rows) {
    const found = when.exec(words);
    if (found === null) continue;
    const word = found.slice(1).find((each) => each !== undefined) ?? '';
    return { reason, message: `${withoutPeriod(said)}; ${cure(word, context)}` };
  }
  return { reason: otherwise, message: withoutPeriod(said) };
}

const withoutPeriod = (text: string): string => text.replace(/[.;\s]+$/, '');
