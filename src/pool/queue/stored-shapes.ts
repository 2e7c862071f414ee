import { GlideinError } from '#base/error.ts';
import type { Cluster, Job } from './job.ts';
import { jobStates } from './job-state.ts';
import type { Transition } from './transition.ts';

/**
 * What is stored may have been written by a newer version, or damaged. These say what is wrong with the parts that the
 * pool rests on; by hand and not with a schema, because a pool reads a million of them before it serves.
 */

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isTexts = (value: unknown): boolean =>
  isFields(value) && Object.values(value).every((text) => typeof text === 'string');

/** @throws GlideinError StoreFailed */
export function parseRecord(text: string): Fields {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new GlideinError('StoreFailed', 'it is no JSON', { cause });
  }
  if (!isFields(value)) throw new GlideinError('StoreFailed', 'it is no JSON object');
  return value;
}

type Check = readonly [field: string, holds: (value: unknown) => boolean];

const isNumber = (value: unknown): boolean => typeof value === 'number' && Number.isFinite(value);
const isString = (value: unknown): boolean => typeof value === 'string';
const orAbsent =
  (holds: (value: unknown) => boolean) =>
  (value: unknown): boolean =>
    value === undefined || holds(value);
const isListOfFields = (value: unknown): boolean => Array.isArray(value) && value.every(isFields);
const isJobKey = (value: unknown): boolean =>
  isFields(value) && isNumber(value['cluster']) && isNumber(value['proc']);

/** @throws GlideinError StoreFailed naming the first field that is not what it must be */
function check(fields: Fields, checks: readonly Check[]): void {
  for (const [field, holds] of checks) {
    if (!holds(fields[field])) throw new GlideinError('StoreFailed', `its field "${field}" cannot be read`);
  }
}

const clusterChecks: readonly Check[] = [
  ['id', isNumber],
  ['key', isString],
  ['owner', isString],
  ['queuedAt', isNumber],
  ['ad', isTexts],
  ['procs', isNumber],
];

/** @throws GlideinError StoreFailed */
export function checkCluster(fields: Fields): asserts fields is Fields & Cluster {
  check(fields, clusterChecks);
}

const isClaim = (value: unknown): boolean =>
  isFields(value) &&
  isFields(value['ref']) &&
  isString(value['ref']['id']) &&
  isString(value['pilotUid']) &&
  isFields(value['takes']);

const jobChecks: readonly Check[] = [
  ['proc', isNumber],
  ['state', (value) => typeof value === 'string' && Object.hasOwn(jobStates, value)],
  ['attributes', orAbsent(isTexts)],
  ['inputs', orAbsent(isListOfFields)],
  ['outputs', orAbsent(isListOfFields)],
  ['attempts', orAbsent(isListOfFields)],
  ['enteredAt', orAbsent(isNumber)],
  ['epoch', orAbsent(isNumber)],
  ['seq', orAbsent(isNumber)],
  ['claim', orAbsent(isClaim)],
  ['hold', orAbsent(isFields)],
  ['forgotten', orAbsent(isFields)],
];

type JobRecord = Partial<Omit<Job, 'cluster'>> & Pick<Job, 'proc' | 'state'>;

/** @throws GlideinError StoreFailed */
export function checkJob(fields: Fields): asserts fields is Fields & JobRecord {
  check(fields, jobChecks);
}

const isProcs = (value: unknown): boolean =>
  Array.isArray(value) &&
  value.every((proc) => isFields(proc) && isTexts(proc['attributes']) && Array.isArray(proc['inputs']));

const job: Check = ['job', isJobKey];
const epoch: Check = ['epoch', isNumber];
const reason: Check = ['reason', isString];

const transitionChecks: { readonly [Type in Transition['type']]: readonly Check[] } = {
  submit: [
    ['cluster', isNumber],
    ['key', isString],
    ['owner', isString],
    ['ad', isTexts],
    ['procs', isProcs],
  ],
  claim: [job, ['claim', isFields], ['pilot', isFields], ['takes', isFields]],
  start: [job, epoch],
  end: [job, epoch, ['result', isFields], ['next', isFields]],
  lost: [job, epoch, reason],
  over: [job, epoch],
  restored: [['seq', isNumber]],
  late: [job, epoch, ['outcome', isFields]],
  remove: [job, reason],
  hold: [job, reason, ['code', isNumber]],
  release: [job],
};

/** @throws GlideinError StoreFailed */
export function checkTransition(fields: Fields): asserts fields is Fields & Transition {
  const { type } = fields;
  if (typeof type !== 'string' || !Object.hasOwn(transitionChecks, type))
    throw new GlideinError(
      'StoreFailed',
      `it is of the type ${JSON.stringify(type)}, which this version does not know`,
    );
  check(fields, [['at', isNumber], ...transitionChecks[type as Transition['type']]]);
}
