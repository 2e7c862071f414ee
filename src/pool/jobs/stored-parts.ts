import type { Outcome } from '#wire/outcome.ts';
import type { Next } from './transition.ts';

/** A check of one kind of value in stored records. Additional fields do no harm. */
export type Holds = (value: unknown) => boolean;

export type Fields = Readonly<Record<string, unknown>>;

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const isNumber: Holds = (value) => typeof value === 'number' && Number.isFinite(value);
export const isInteger: Holds = (value) => Number.isSafeInteger(value);
export const isString: Holds = (value) => typeof value === 'string';
const isBoolean: Holds = (value) => typeof value === 'boolean';
const isAmount: Holds = (value) => isNumber(value) && Number(value) >= 0;
const isSize: Holds = (value) => Number.isSafeInteger(value) && Number(value) >= 0;
const isName: Holds = (value) => typeof value === 'string' && value !== '' && !value.includes('\0');

const isDigest: Holds = (value) => typeof value === 'string' && /^sha256:[0-9a-f]{64}$/.test(value);

export const orAbsent =
  (holds: Holds): Holds =>
  (value) =>
    value === undefined || holds(value);

export const listOf =
  (holds: Holds): Holds =>
  (value) =>
    Array.isArray(value) && value.every(holds);

function shape(fields: Readonly<Record<string, Holds>>): Holds {
  const checks = Object.entries(fields);
  return (value) => isFields(value) && checks.every(([name, holds]) => holds(value[name]));
}

/** One of several shapes; the value of `field` tells which. */
const oneOf =
  (field: string, shapes: Readonly<Record<string, Holds>>): Holds =>
  (value) => {
    const kind = isFields(value) ? value[field] : undefined;
    return typeof kind === 'string' && Object.hasOwn(shapes, kind) && shapes[kind]?.(value) === true;
  };

export const isTexts: Holds = (value) => isFields(value) && Object.values(value).every(isString);

const file = { name: isName, digest: isDigest, size: isSize, executable: orAbsent(isBoolean) };
export const isFile = shape(file);
export const isStream = shape({ ...file, printed: orAbsent(isSize) });
export const isCheckpoint = shape({
  number: isSize,
  files: listOf(isFile),
  folders: orAbsent(listOf(isName)),
  stdout: orAbsent(isStream),
  stderr: orAbsent(isStream),
});
export const isLeft = shape({ name: isString, reason: isString });
export const isFolder = isName;

export const isUsage = shape({
  wallSeconds: isAmount,
  cpuSeconds: orAbsent(isAmount),
  memoryPeakBytes: orAbsent(isAmount),
  diskPeakBytes: orAbsent(isAmount),
});

const failure = { holdCode: isInteger, reason: isString, subcode: orAbsent(isInteger) };
const exits = {
  exited: shape({ exitCode: isInteger }),
  signalled: shape({ signal: isString }),
};
const isExit: Holds = (value) => exits.exited(value) || exits.signalled(value);

export const isOutcome = oneOf('kind', {
  ...exits,
  startFailed: shape({ ...failure, blame: (value) => value === 'job' || value === 'pilot' }),
  outputFailed: shape({ ...failure, exit: orAbsent(isExit) }),
  exceeded: shape(failure),
  stopped: shape({
    reason: isString,
    endOfLife: orAbsent(shape({ lifeSeconds: isAmount, ranSeconds: isAmount })),
  }),
} satisfies Record<Outcome['kind'], Holds>);

export const isAttempt = shape({
  epoch: isInteger,
  pilot: isString,
  pilotUid: isString,
  group: isString,
  claimedAt: isNumber,
  startedAt: orAbsent(isNumber),
  endedAt: orAbsent(isNumber),
  outcome: orAbsent(isOutcome),
  reason: orAbsent(isString),
});

export const isHold = shape({ code: isInteger, reason: isString, subcode: orAbsent(isInteger) });
export const isPastHolds = shape({
  byCode: (value) => isFields(value) && Object.values(value).every(isSize),
  last: orAbsent(isHold),
  released: orAbsent(isString),
  releasedBefore: orAbsent(isString),
});
export const isVacated = shape({
  code: isInteger,
  reason: isString,
  subcode: orAbsent(isInteger),
  at: isNumber,
  count: isSize,
});
export const isTrueOrAbsent: Holds = orAbsent((value) => value === true);
export const isTrouble = shape({ losses: isNumber, failures: isNumber, retryAt: isNumber });
export const isForgotten = shape({
  starts: isNumber,
  completions: isNumber,
  wallSeconds: orAbsent(isNumber),
});
export const isRef = shape({ generation: isString, id: isString, epoch: isInteger });
export const isTakes = shape({ cpus: isAmount, memory: isAmount, disk: isAmount, gpus: isAmount });
export const isPilot = shape({ uid: isString, name: isString, group: isString, site: orAbsent(isString) });
const isLimit = shape({ name: isString, amount: isAmount });
export const isLimits = orAbsent(listOf(isLimit));
export const isClaim = shape({
  ref: isRef,
  pilotUid: isString,
  takes: isTakes,
  site: orAbsent(isString),
  limits: isLimits,
  submitter: orAbsent(isString),
});
export const isJobKey = shape({ cluster: isInteger, proc: isInteger });
export const isProc = shape({ attributes: isTexts, inputs: listOf(isFile) });

export const isNext = oneOf('state', {
  Completed: shape({ stays: isTrueOrAbsent }),
  Idle: shape({
    reason: isString,
    trouble: orAbsent(isTrouble),
    vacated: orAbsent(isHold),
    sets: orAbsent(isTexts),
  }),
  Held: isHold,
} satisfies Record<Next['state'], Holds>);

export const isResult = shape({
  outcome: isOutcome,
  startedAt: orAbsent(isNumber),
  endedAt: isNumber,
  usage: isUsage,
  outputs: listOf(isFile),
  stdout: orAbsent(isStream),
  stderr: orAbsent(isStream),
  folders: orAbsent(listOf(isFolder)),
  left: orAbsent(listOf(isLeft)),
});
