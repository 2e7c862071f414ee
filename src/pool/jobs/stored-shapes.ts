import { GlideinError } from '#base/error.ts';
import type { Cluster, Job } from './job.ts';
import { jobStates } from './job-state.ts';
import type { ProcDifferences } from './packed-procs.ts';
import {
  type Fields,
  type Holds,
  isAttempt,
  isCheckpoint,
  isClaim,
  isFields,
  isFile,
  isFolder,
  isForgotten,
  isHold,
  isInteger,
  isJobKey,
  isLeft,
  isLimits,
  isNext,
  isNumber,
  isOutcome,
  isPastHolds,
  isPilot,
  isProc,
  isRef,
  isResult,
  isStream,
  isString,
  isTakes,
  isTexts,
  isTrouble,
  isTrueOrAbsent,
  isUsage,
  isVacated,
  listOf,
  orAbsent,
} from './stored-parts.ts';
import type { Transition } from './transition.ts';

/**
 * Stored records may come from a newer version, or be damaged. These functions check every part that the pool relies on. They
 * are written by hand and not with a schema library, because a pool reads a million records before it can serve.
 */

/** @throws GlideinError StoreFailed */
export function parseRecord(text: string): Fields {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new GlideinError('StoreFailed', 'it is not JSON', { cause });
  }
  if (!isFields(value)) throw new GlideinError('StoreFailed', 'it is not a JSON object');
  return value;
}

type Check = readonly [field: string, holds: Holds];

/** @throws GlideinError StoreFailed naming the first invalid field */
function check(fields: Fields, checks: readonly Check[]): void {
  for (const [field, holds] of checks) {
    if (!holds(fields[field])) throw new GlideinError('StoreFailed', `its field "${field}" cannot be read`);
  }
}

const clusterChecks: readonly Check[] = [
  ['id', isInteger],
  ['key', isString],
  ['owner', isString],
  ['queuedAt', isNumber],
  ['ad', isTexts],
  ['procs', isNumber],
  ['plain', isTrueOrAbsent],
];

/** @throws GlideinError StoreFailed */
export function checkCluster(fields: Fields): asserts fields is Fields & Cluster {
  check(fields, clusterChecks);
}

const jobChecks: readonly Check[] = [
  ['proc', isInteger],
  ['state', (value) => typeof value === 'string' && Object.hasOwn(jobStates, value)],
  ['attributes', orAbsent(isTexts)],
  ['inputs', orAbsent(listOf(isFile))],
  ['outputs', orAbsent(listOf(isFile))],
  ['attempts', orAbsent(listOf(isAttempt))],
  ['enteredAt', orAbsent(isNumber)],
  ['epoch', orAbsent(isInteger)],
  ['seq', orAbsent(isInteger)],
  ['claim', orAbsent(isClaim)],
  ['hold', orAbsent(isHold)],
  ['removeReason', orAbsent(isString)],
  ['forgotten', orAbsent(isForgotten)],
  ['stdout', orAbsent(isStream)],
  ['stderr', orAbsent(isStream)],
  ['folders', orAbsent(listOf(isFolder))],
  ['left', orAbsent(listOf(isLeft))],
  ['checkpoint', orAbsent(isCheckpoint)],
  ['usage', orAbsent(isUsage)],
  ['trouble', orAbsent(isTrouble)],
  ['holds', orAbsent(isPastHolds)],
  ['vacated', orAbsent(isVacated)],
  ['stays', isTrueOrAbsent],
  ['fault', orAbsent(isString)],
  ['priority', orAbsent(isNumber)],
  ['releasedEpoch', orAbsent(isInteger)],
];

type JobRecord = Partial<Omit<Job, 'cluster'>> & Pick<Job, 'proc' | 'state'>;

/** @throws GlideinError StoreFailed */
export function checkJob(fields: Fields): asserts fields is Fields & JobRecord {
  check(fields, jobChecks);
}

type Submit = Extract<Transition, { type: 'submit' }>;

/** A transition as the journal has it: a submission with the number of its procs or, in older versions, with the procs. */
export type StoredTransition =
  | Exclude<Transition, Submit>
  | (Omit<Submit, 'procs' | 'replayed'> & { readonly procs: number | readonly ProcDifferences[] });

const job: Check = ['job', isJobKey];
const epoch: Check = ['epoch', isInteger];
const reason: Check = ['reason', isString];

const transitionChecks: { readonly [Type in Transition['type']]: readonly Check[] } = {
  submit: [
    ['cluster', isInteger],
    ['key', isString],
    ['owner', isString],
    ['ad', isTexts],
    ['procs', (value) => isInteger(value) || listOf(isProc)(value)],
    ['hold', orAbsent(isString)],
  ],
  claim: [
    job,
    ['claim', isRef],
    ['pilot', isPilot],
    ['takes', isTakes],
    ['limits', isLimits],
    ['submitter', orAbsent(isString)],
  ],
  start: [job, epoch],
  end: [job, epoch, ['result', isResult], ['next', isNext]],
  lost: [job, epoch, reason, ['trouble', orAbsent(isTrouble)], ['hold', orAbsent(isHold)]],
  over: [job, epoch, ['result', orAbsent(isResult)]],
  checkpoint: [job, epoch, ['checkpoint', isCheckpoint]],
  restored: [['seq', isInteger]],
  late: [job, epoch, ['outcome', isOutcome]],
  remove: [job, reason, ['stays', isTrueOrAbsent]],
  hold: [job, reason, ['code', isInteger], ['subcode', orAbsent(isInteger)]],
  vacate: [job, reason, ['code', isInteger], ['subcode', orAbsent(isInteger)]],
  leave: [job],
  release: [job, ['reason', orAbsent(isString)]],
  prio: [job, ['priority', isNumber]],
};

/** @throws GlideinError StoreFailed */
export function checkTransition(fields: Fields): asserts fields is Fields & StoredTransition {
  const { type } = fields;
  if (typeof type !== 'string' || !Object.hasOwn(transitionChecks, type))
    throw new GlideinError(
      'StoreFailed',
      `it is of the type ${JSON.stringify(type)}, which this version does not know`,
    );
  check(fields, [['at', isNumber], ...transitionChecks[type as Transition['type']]]);
}
