/** HTCondor's HoldReasonCode for each reason for a hold, and its name in NumHoldsByReason. */
const holdReasons = {
  /** `glidein hold`. */
  userRequest: { code: 1, name: 'UserRequest' },
  /** The job's own policy, such as `on_exit_hold`, was true. */
  jobPolicy: { code: 3, name: 'JobPolicy' },
  /** The job's own policy was neither true nor false. */
  policyUndefined: { code: 5, name: 'JobPolicyUndefined' },
  failedToCreateProcess: { code: 6, name: 'FailedToCreateProcess' },
  openInput: { code: 8, name: 'UnableToOpenInput' },
  transferOutput: { code: 12, name: 'TransferOutputError' },
  transferInput: { code: 13, name: 'TransferInputError' },
  /** `hold = true` in the submit file. */
  submittedOnHold: { code: 15, name: 'SubmittedOnHold' },
  /** The pool's own policy: the job lost its pilots again and again, or cannot be read. */
  systemPolicy: { code: 26, name: 'SystemPolicy' },
  /** The job's inputs are larger than its own `max_transfer_input_mb`. */
  inputTooLarge: { code: 32, name: 'MaxTransferInputSizeExceeded' },
  /** The job's outputs are larger than its own `max_transfer_output_mb`. */
  outputTooLarge: { code: 33, name: 'MaxTransferOutputSizeExceeded' },
  /** The payload used more memory or disk than it had asked for, or had more processes or open files than its group allows. */
  outOfResources: { code: 34, name: 'JobOutOfResources' },
  invalidImage: { code: 35, name: 'InvalidDockerImage' },
  /** The job spent longer on its pilot than its own `allowed_job_duration`. */
  jobDurationExceeded: { code: 46, name: 'JobDurationExceeded' },
  /** The program ran for longer than its own `allowed_execute_duration`, or longer than any pilot lives. */
  executeExceeded: { code: 47, name: 'JobExecuteExceeded' },
} as const;

/** HTCondor's HoldReasonSubCode of a job that used too much; for the last two, which it does not limit, one of our own. */
export const excessSubcodes = { memory: 102, disk: 104, processes: 105, openFiles: 106 } as const;

type HoldReason = keyof typeof holdReasons;

/** Why a job is held. The numbers are HTCondor's, so people and scripts that know them have nothing new to learn. */
export const holdCodes = Object.fromEntries(
  Object.entries(holdReasons).map(([reason, { code }]) => [reason, code]),
) as { readonly [Reason in HoldReason]: (typeof holdReasons)[Reason]['code'] };

const names: ReadonlyMap<number, string> = new Map(
  Object.values(holdReasons).map(({ code, name }) => [code, name]),
);

/** The name of a code in NumHoldsByReason. */
export const holdName = (code: number): string => names.get(code) ?? `Code${code}`;

/** HTCondor's words for a job that was submitted with `hold = true`. */
export const submittedOnHoldReason = "submitted on hold at user's request";
