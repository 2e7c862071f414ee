import { constants } from 'node:os';
import { describeError, GlideinError } from '#base/error.ts';
import { holdCodes } from '#base/hold-codes.ts';
import { truncate } from '#base/truncate.ts';
import type { Outcome } from '#wire/outcome.ts';
import { isNodeFault } from '../../runtime/node-fault.ts';
import { consequences, type FaultClass } from './fault-class.ts';

const { errno } = constants;

/** Why a payload cannot be started, if that is known before anything ran. */
export class PayloadFault extends Error {
  readonly blame: 'job' | 'pilot';
  readonly holdCode: number;
  /** The system's number of the error, such as that of ENOENT. */
  readonly subcode: number | undefined;
  readonly fault: FaultClass;

  constructor(
    blame: 'job' | 'pilot',
    holdCode: number,
    message: string,
    subcode?: number,
    fault: FaultClass = blame === 'job' ? 'user' : 'node',
  ) {
    super(message);
    this.name = 'PayloadFault';
    this.fault = fault;
    this.blame = blame;
    this.holdCode = holdCode;
    this.subcode = subcode;
  }
}

/** A fault with the usual consequences of its class. */
export function faultIn(fault: FaultClass, message: string, subcode?: number): PayloadFault {
  const { blame, holdCode } = consequences[fault];
  return new PayloadFault(blame, holdCode, truncate(message, 1000), subcode, fault);
}

export const faultClassOf = (error: unknown): FaultClass => {
  if (error instanceof PayloadFault) return error.fault;
  return blameOf(error)[0] === 'job' ? 'user' : 'node';
};

/**
 * The job is to blame for what its owner can change: an ad that does not parse, an input that the pool does not have as it
 * was submitted. The pilot is to blame for everything else.
 */
export function faultOf(error: unknown): Outcome {
  const [blame, holdCode] = blameOf(error);
  const reason = truncate(describeError(error), 1000);
  return { kind: 'startFailed', blame, holdCode, ...subcodeOf(error), reason };
}

/** What HTCondor gives as HoldReasonSubCode: the system's number of the error, as far as there is one. */
export function subcodeOf(error: unknown): { readonly subcode?: number } {
  const subcode = error instanceof PayloadFault ? error.subcode : numberOf(error);
  return subcode === undefined ? {} : { subcode };
}

function numberOf(error: unknown): number | undefined {
  if (error instanceof GlideinError) return error.code === 'NotFound' ? errno.ENOENT : undefined;
  const number = (error as NodeJS.ErrnoException).errno;
  return number === undefined ? undefined : Math.abs(number);
}

/** The system refuses the command itself: it is too long, or has a character that no command may have. */
const jobsOwnErrors: ReadonlySet<string> = new Set(['E2BIG', 'ENAMETOOLONG', 'ERR_INVALID_ARG_VALUE']);

function blameOf(error: unknown): readonly ['job' | 'pilot', number] {
  if (error instanceof PayloadFault) return [error.blame, error.holdCode];
  if (isNodeFault(error)) return ['pilot', holdCodes.failedToCreateProcess];
  if (jobsOwnErrors.has((error as NodeJS.ErrnoException).code ?? ''))
    return ['job', holdCodes.failedToCreateProcess];
  if (error instanceof GlideinError) {
    if (error.code === 'NotFound' || error.code === 'InvalidMessage') return ['job', holdCodes.transferInput];
    if (error.code === 'InvalidExpression' || error.code === 'InvalidArgument') {
      return ['job', holdCodes.failedToCreateProcess];
    }
  }
  return ['pilot', holdCodes.failedToCreateProcess];
}
