/** What a job ad may ask for and nobody here does. */
export interface Undone {
  /** What the submit file says, for people. */
  readonly what: string;
  readonly sentence: string;
  /** What to write or do instead. */
  readonly cure: string;
  /** Refused: the job would run wrong or without end. Otherwise it runs as it would without the wish, and is told so. */
  readonly isRefused: boolean;
  /** Expression texts that ask for nothing, beside those that never do. */
  readonly nothing?: RegExp;
}

/** Expression texts that ask for nothing whatever the attribute is. */
const asksNothing = /^(false|undefined|""|)$/i;

const firstCome = 'jobs start in the order in which they came, whoever owns them';

const refused = (what: string, sentence: string, cure: string, more: Partial<Undone> = {}): Undone => ({
  what,
  sentence,
  cure,
  isRefused: true,
  ...more,
});
const warned = (what: string, sentence: string, cure: string, more: Partial<Undone> = {}): Undone => ({
  what,
  sentence,
  cure,
  isRefused: false,
  ...more,
});

const niceUser = /^"nice-user\./;
const notNiceUser = /^(?!"nice-user"$)/;

/** What makes HTCondor bring files when a job ends with a certain code, and start it again. */
const checkpointAttributes = [
  'CheckpointDestination',
  'CheckpointExitCode',
  'SuccessCheckpointExitBySignal',
  'SuccessCheckpointExitCode',
  'SuccessCheckpointExitSignal',
  'TransferCheckpoint',
  'WantFTOnCheckpoint',
] as const;

/**
 * By attribute, however it came into the ad: a command, an alias or `+Name`. An attribute leaves this table when something
 * heeds it.
 */
const undone: Readonly<Record<string, Undone>> = {
  TransferOutputRemaps: refused(
    'transfer_output_remaps to a URL',
    'is not done: results come to the machine of the submission',
    'write the path of a file, and copy that on when the job has ended',
    { nothing: /^(?!.*:\/\/)/s },
  ),
  OutputDestination: refused(
    'output_destination',
    'is not done: results come to the machine of the submission',
    'let the job itself send its output there, or copy it on when the job has ended',
  ),
  UserLogUseXML: refused(
    'log_xml = true',
    'is not done: the event log is text',
    'leave it out; condor_wait and the Python bindings of HTCondor read the text',
  ),
  RequireGPUs: refused(
    'require_gpus',
    'is not looked at when a GPU is chosen',
    'choose a group with such GPUs by requirements',
  ),
  ShouldTransferFiles: refused(
    'should_transfer_files = NO',
    'cannot be: pilots share no file system with this machine',
    'write YES, and name in transfer_input_files what the job reads; what pilots mount, such as /cvmfs, needs no transfer',
    { nothing: /^"(YES|IF_NEEDED)"$/i },
  ),
  JobUniverse: refused(
    'universe = local or scheduler',
    'asks for this machine, and jobs run in pilots only',
    'write vanilla for what any machine can do; what belongs to this machine, such as a DAGMan, runs here without a submission',
    { nothing: /^5$/ },
  ),
  WhenToTransferOutput: warned(
    'when_to_transfer_output = ON_EXIT_OR_EVICT',
    'is as ON_EXIT: what an evicted try wrote is not kept',
    'let the job send what must not be lost to a place of its own',
    { nothing: /^"(ON_EXIT|ON_SUCCESS)"$/i },
  ),
  JobLeaseDuration: warned(
    'job_lease_duration',
    'changes nothing: the lease is that of the pool',
    'leave it out',
    {
      nothing: /^2400$/,
    },
  ),
  MaxJobRetirementTime: warned(
    'max_job_retirement_time',
    'changes nothing: pilots say how long they wait for their jobs',
    'choose a group whose pilots live long enough',
    { nothing: /^0$/ },
  ),
  AccountingGroup: warned(
    'accounting_group',
    `changes nothing: ${firstCome}`,
    'use priority among your own jobs',
    { nothing: niceUser },
  ),
  // That is how HTCondor writes nice_user down.
  AcctGroup: warned(
    'nice_user',
    `changes nothing: ${firstCome}`,
    'give these jobs a lower priority than your others have',
    { nothing: notNiceUser },
  ),
  ...Object.fromEntries(
    checkpointAttributes.map((name) => [
      name,
      refused(
        `+${name}`,
        'is not done: checkpoints are not kept',
        'let the job copy its state to a place of its own, and look there first when it starts again',
      ),
    ]),
  ),
};

const byName: ReadonlyMap<string, Undone> = new Map(
  Object.entries(undone).map(([name, entry]) => [name.toLowerCase(), entry]),
);

/** What nobody here does of an attribute with this expression; undefined when all of it is done or nothing is asked. */
export function undoneOf(attribute: string, text: string): Undone | undefined {
  const found = byName.get(attribute.toLowerCase());
  if (found === undefined || asksNothing.test(text) || found.nothing?.test(text) === true) return undefined;
  return found;
}
