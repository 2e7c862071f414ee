/** Something that a job ad may ask for and that is not implemented here. */
export interface Unsupported {
  /** What the submit file says, for people. */
  readonly what: string;
  readonly sentence: string;
  /** What to write or do instead. */
  readonly cure: string;
  /** Refused: the job would run wrongly or without end. Otherwise it runs as if that had not been asked for, with a warning. */
  readonly isRefused: boolean;
  /** Further expression texts that ask for nothing, besides {@link asksNothing}: those that match, or that of the job's Owner. */
  readonly nothing?: RegExp | 'owner';
}

/** Expression texts that ask for nothing, whatever the attribute. */
const asksNothing = /^(false|undefined|""|)$/i;

const entry =
  (isRefused: boolean) =>
  (what: string, sentence: string, cure: string, more: Partial<Unsupported> = {}): Unsupported => ({
    what,
    sentence,
    cure,
    isRefused,
    ...more,
  });
const refused = entry(true);
const warned = entry(false);

/** With these, HTCondor asks a job to save its work by a signal, or keeps that elsewhere. */
const checkpointAttributes = ['CheckpointDestination', 'CheckpointExitCode', 'WantCheckpointSignal'] as const;

/**
 * By attribute, however it got into the ad: by a command, an alias or `+Name`. Remove an attribute from this table when
 * something obeys it.
 */
const unsupported: Readonly<Record<string, Unsupported>> = {
  TransferPlugins: refused(
    'transfer_plugins',
    'is not supported: pilots run only the plug-ins of their group, because plug-ins run outside of the job',
    'let the job itself transfer the file with a client that it brings along, or ask the operator for a group with the plug-in',
  ),
  UserLogUseXML: refused(
    'log_xml = true',
    'is not supported: the event log is always text',
    'leave it out; condor_wait and the Python bindings of HTCondor read the text',
  ),
  RequireGPUs: refused(
    'require_gpus',
    'is ignored when a GPU is chosen',
    'choose a group that has such GPUs with requirements',
  ),
  ShouldTransferFiles: refused(
    'should_transfer_files = NO',
    'is impossible: pilots share no file system with this machine',
    'write YES, and name in transfer_input_files what the job reads; what pilots mount, such as /cvmfs, needs no transfer',
    { nothing: /^"(YES|IF_NEEDED)"$/i },
  ),
  JobUniverse: refused(
    'universe = local or scheduler',
    'asks to run on this machine, but jobs only run in pilots',
    'write vanilla if any machine will do; run what must be on this machine, such as a DAGMan, without submitting it',
    { nothing: /^5$/ },
  ),
  JobLeaseDuration: warned(
    'job_lease_duration',
    'has no effect: the lease is set by the pool',
    'leave it out',
    {
      nothing: /^2400$/,
    },
  ),
  MaxJobRetirementTime: warned(
    'max_job_retirement_time',
    'has no effect: pilots decide how long they wait for their jobs',
    'choose a group whose pilots live long enough',
    { nothing: /^0$/ },
  ),
  AcctGroupUser: warned(
    'accounting_group_user',
    'has no effect: jobs are charged to who submits them',
    'leave it out, or let that user submit the jobs',
    { nothing: 'owner' },
  ),
  ...Object.fromEntries(
    checkpointAttributes.map((name) => [
      name,
      refused(
        `+${name}`,
        'is not supported: a job saves its work when it chooses to, and the pool keeps that',
        'write checkpoint_exit_code, and let the program exit with that code each time it has saved its work',
      ),
    ]),
  ),
};

const byName: ReadonlyMap<string, Unsupported> = new Map(
  Object.entries(unsupported).map(([name, entry]) => [name.toLowerCase(), entry]),
);

/**
 * What is not implemented of an attribute with this expression; undefined if all of it is, or if it asks for nothing.
 * @param owner the expression of the job's Owner
 */
export function unsupportedIn(attribute: string, text: string, owner?: string): Unsupported | undefined {
  const found = byName.get(attribute.toLowerCase());
  if (found === undefined || asksNothing.test(text)) return undefined;
  const { nothing } = found;
  return (nothing === 'owner' ? text === owner : nothing?.test(text)) === true ? undefined : found;
}
