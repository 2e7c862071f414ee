/**
 * Why a job is held, as the pool and its pilots say it. The numbers are HTCondor's HoldReasonCode, so that whoever
 * knows them from there (and every script that reads them) is right here as well.
 */
export const holdCodes = {
  /** `glidein hold`. */
  userRequest: 1,
  /** The job's own policy, such as `on_exit_hold`, is true. */
  jobPolicy: 3,
  /** The job's own policy is neither true nor false. */
  policyUndefined: 5,
  failedToCreateProcess: 6,
  openInput: 8,
  transferOutput: 12,
  transferInput: 13,
  /** `hold = true` in the submit file. */
  submittedOnHold: 15,
  /** The pool's own policy: the job lost its pilots again and again, or cannot be read. */
  systemPolicy: 26,
  /** The inputs of the job are larger than its own `max_transfer_input_mb`. */
  inputTooLarge: 32,
  /** What the job leaves is larger than its own `max_transfer_output_mb`. */
  outputTooLarge: 33,
  /** The payload took more memory or disk than it asked for. */
  outOfResources: 34,
  invalidImage: 35,
  /** The job was longer on its pilot than its own `allowed_job_duration`. */
  jobDurationExceeded: 46,
  /** The program ran for longer than its own `allowed_execute_duration`, or than any pilot lives. */
  executeExceeded: 47,
} as const;

const holdNames: ReadonlyMap<number, string> = new Map([
  [holdCodes.userRequest, 'UserRequest'],
  [holdCodes.jobPolicy, 'JobPolicy'],
  [holdCodes.policyUndefined, 'JobPolicyUndefined'],
  [holdCodes.failedToCreateProcess, 'FailedToCreateProcess'],
  [holdCodes.openInput, 'UnableToOpenInput'],
  [holdCodes.transferOutput, 'TransferOutputError'],
  [holdCodes.transferInput, 'TransferInputError'],
  [holdCodes.submittedOnHold, 'SubmittedOnHold'],
  [holdCodes.systemPolicy, 'SystemPolicy'],
  [holdCodes.inputTooLarge, 'MaxTransferInputSizeExceeded'],
  [holdCodes.outputTooLarge, 'MaxTransferOutputSizeExceeded'],
  [holdCodes.outOfResources, 'JobOutOfResources'],
  [holdCodes.invalidImage, 'InvalidDockerImage'],
  [holdCodes.jobDurationExceeded, 'JobDurationExceeded'],
  [holdCodes.executeExceeded, 'JobExecuteExceeded'],
]);

/** The name of a code in NumHoldsByReason. */
export const holdName = (code: number): string => holdNames.get(code) ?? `Code${code}`;
