/**
 * How the value of a command is read.
 * - `text`: a string attribute; `path`: one that names a file
 * - `integer`, `boolean`: checked; `expression`: a ClassAd expression
 * - `special`: its own file in this folder makes its attributes
 * - `ignored`: accepted with a warning, for it changes nothing here; `refused`: an error
 */
export type CommandKind =
  | 'text'
  | 'path'
  | 'integer'
  | 'boolean'
  | 'expression'
  | 'special'
  | 'ignored'
  | 'refused';

/** A command of the submit language. */
export interface SubmitCommand {
  readonly name: string;
  /** Other names of it, the attribute's among them: of two that are given the one that stands first here wins. */
  readonly aliases?: readonly string[];
  /** Whether an alias wins over `name`, which otherwise wins over all of them. */
  readonly aliasesWin: boolean;
  /** The attribute of the job ad that it sets. */
  readonly attribute?: string;
  readonly kind: CommandKind;
  /** The attribute's value, as ClassAd text, when the command is not given. */
  readonly default?: string;
  /** Accepted, and a warning, for it changes nothing here. */
  readonly withoutEffect: boolean;
  /** What it does; for `ignored` and `refused`: why, and what to do instead. */
  readonly sentence: string;
}

type Row = readonly [name: string, kind: CommandKind, attribute: string, sentence: string, default_?: string];

const atOnce = 'All jobs are queued at once.';
const moreMemory =
  'Write request_memory = ifThenElse(MemoryUsage is undefined, 1024, 2 * MemoryUsage) and periodic_release = HoldReasonCode == 34 && NumHolds < 3.';

const rows: readonly Row[] = [
  // What runs.
  [
    'executable',
    'special',
    'Cmd',
    'The program to run, copied to the job unless transfer_executable is false; without it that of the image.',
  ],
  [
    'arguments|args|arguments2',
    'special',
    'Arguments',
    'Its arguments: "new syntax" in double quotes, or old syntax without.',
  ],
  [
    'environment|env|environment2',
    'special',
    'Environment',
    'Its environment: "A=1 B=\'x y\'" in double quotes, or A=1;B=2.',
  ],
  [
    'getenv|get_env',
    'special',
    '',
    'Variables of the submitter to pass on: a list of patterns (!NAME excludes), or true.',
  ],
  ['universe', 'special', 'JobUniverse', "vanilla, container or docker; all are HTCondor's number 5."],
  [
    'container_image',
    'special',
    'ContainerImage',
    'The image to run in: the name or path of a directory that pilots have, or docker://… that is published to them.',
  ],
  ['docker_image', 'special', 'DockerImage', 'The same as container_image = docker://IMAGE.'],
  [
    'initialdir|Iwd|initial_dir|job_iwd',
    'special',
    'Iwd',
    'The directory that relative names of input and output files start from.',
  ],
  // Resources and choice of slot.
  ['request_cpus', 'special', 'RequestCpus', 'Cores; 1 when not given.'],
  [
    'request_memory',
    'special',
    'RequestMemory',
    'Memory in MiB, or with K, M, G, T; 128 MiB when not given.',
  ],
  ['request_disk', 'special', 'RequestDisk', 'Disk in KiB, or with K, M, G, T; 1 GiB when not given.'],
  ['request_gpus', 'special', 'RequestGPUs', 'GPUs; none when not given.'],
  [
    'requirements',
    'special',
    'Requirements',
    'Which slots may run the job: an expression over the slot (TARGET) and the job (MY).',
  ],
  [
    'rank|preferences',
    'expression',
    'Rank',
    'Which of the matching slots is preferred: the larger, the better.',
    '0.0',
  ],
  [
    'priority|prio',
    'integer',
    'JobPrio',
    "Order among the submitter's own jobs: the larger, the sooner.",
    '0',
  ],
  // Files.
  ['input|stdin', 'special', 'In', 'The file that becomes standard input.'],
  ['output|stdout', 'special', 'Out', 'Where standard output is returned to.'],
  ['error|stderr', 'special', 'Err', 'Where standard error is returned to.'],
  [
    'transfer_input_files|TransferInputFiles',
    'special',
    'TransferInput',
    "Files, and URLs of http and https, to bring to the job's directory; separated by commas.",
  ],
  [
    'transfer_output_files|TransferOutputFiles',
    'special',
    'TransferOutput',
    'Files to bring back, separated by commas; every new file when not given.',
  ],
  [
    'transfer_output_remaps',
    'special',
    'TransferOutputRemaps',
    'Where returned files go: "name=path;name=path", relative to initialdir; directories are made.',
  ],
  [
    'transfer_executable',
    'special',
    'TransferExecutable',
    'Whether the executable is copied to the job; true, but for an absolute path in a container.',
  ],
  ['transfer_input', 'special', 'TransferIn', 'Whether the standard input file is copied to the job.'],
  ['transfer_output', 'special', 'TransferOut', 'Whether standard output is brought back.'],
  ['transfer_error', 'special', 'TransferErr', 'Whether standard error is brought back.'],
  [
    'should_transfer_files',
    'special',
    'ShouldTransferFiles',
    'YES or IF_NEEDED, both mean YES: pilots share no file system with the submitter.',
  ],
  ['when_to_transfer_output', 'special', 'WhenToTransferOutput', 'ON_EXIT, ON_EXIT_OR_EVICT or ON_SUCCESS.'],
  [
    'max_transfer_input_mb',
    'expression',
    'MaxTransferInputMB',
    'The most MiB that may be brought to the job.',
  ],
  ['max_transfer_output_mb', 'expression', 'MaxTransferOutputMB', 'The most MiB that may be brought back.'],
  // Policy.
  ['hold', 'special', 'JobStatus', 'Whether the job starts on hold.'],
  [
    'leave_in_queue',
    'expression',
    'LeaveJobInQueue',
    'Whether the job stays in the queue when it has ended, for as long as this is true or until it is removed again.',
    'false',
  ],
  ['max_retries', 'special', 'JobMaxRetries', 'How often a job that fails is run again.'],
  [
    'success_exit_code',
    'special',
    'JobSuccessExitCode',
    'The exit code that means success; 0 when not given.',
  ],
  ['retry_until', 'special', '', 'An exit code or expression that ends the retries.'],
  [
    'on_exit_remove',
    'special',
    'OnExitRemove',
    'Whether the job leaves the queue when it ends; otherwise it runs again.',
  ],
  ['on_exit_hold', 'expression', 'OnExitHold', 'Whether the job is held when it ends.'],
  [
    'on_exit_hold_reason',
    'expression',
    'OnExitHoldReason',
    'The reason of that hold: a string, or an expression that makes one.',
  ],
  ['on_exit_hold_subcode', 'expression', 'OnExitHoldSubCode', 'The number that comes with that reason.'],
  [
    'periodic_hold',
    'expression',
    'PeriodicHold',
    'Whether the waiting or running job is to be held; looked at every minute.',
  ],
  ['periodic_hold_reason', 'expression', 'PeriodicHoldReason', 'The reason of that hold.'],
  ['periodic_hold_subcode', 'expression', 'PeriodicHoldSubCode', 'The number that comes with that reason.'],
  [
    'periodic_release',
    'expression',
    'PeriodicRelease',
    'Whether the held job is to be released, unless a user held it; looked at every minute.',
  ],
  [
    'periodic_remove',
    'expression',
    'PeriodicRemove',
    'Whether the job is to be removed, in whatever state; looked at every minute.',
  ],
  [
    'periodic_vacate',
    'expression',
    'PeriodicVacate',
    'Whether the running job is to be stopped and queued again; looked at every minute.',
  ],
  [
    'allowed_execute_duration',
    'expression',
    'AllowedExecuteDuration',
    'Seconds that the program may run before the job is held.',
  ],
  [
    'allowed_job_duration',
    'expression',
    'AllowedJobDuration',
    'Seconds that the job may run, transfers included, before it is held.',
  ],
  [
    'job_lease_duration',
    'special',
    'JobLeaseDuration',
    'Seconds after which a pilot out of contact has lost the job.',
  ],
  [
    'max_job_retirement_time',
    'expression',
    'MaxJobRetirementTime',
    'Seconds that the job may still run when its pilot wants to leave.',
  ],
  [
    'job_max_vacate_time',
    'expression',
    'JobMaxVacateTime',
    'Seconds between the signal and SIGKILL, at most the grace of the pilot.',
  ],
  [
    'kill_sig',
    'special',
    'KillSig',
    'The signal that asks the job to end when it is vacated; SIGTERM when not given.',
  ],
  [
    'kill_sig_timeout',
    'integer',
    'KillSigTimeout',
    'Seconds between the signal and SIGKILL, at most the grace of the pilot.',
  ],
  [
    'remove_kill_sig',
    'special',
    'RemoveKillSig',
    'The signal when the job is removed; SIGTERM when not given.',
  ],
  ['hold_kill_sig', 'special', 'HoldKillSig', 'The signal when the job is held; SIGTERM when not given.'],
  [
    'want_graceful_removal',
    'expression',
    'WantGracefulRemoval',
    'Whether a removed job gets its signal before it is killed; true when not given.',
  ],
  [
    'noop_job',
    'expression',
    'IsNoopJob',
    'Whether the job ends at once without being run, as one that exits with 0; its policies for the exit apply.',
  ],
  [
    'noop_job_exit_code',
    'expression',
    'NoopJobExitCode',
    'The exit code of a job that is not run; it goes before the signal.',
  ],
  [
    'noop_job_exit_signal',
    'expression',
    'NoopJobExitSignal',
    'The number of the signal that ends a job that is not run.',
  ],
  // Accounting and names.
  ['accounting_group', 'special', 'AccountingGroup', 'The accounting group that the job counts for.'],
  [
    'accounting_group_user',
    'special',
    'AcctGroupUser',
    'The user that the job counts for; the owner when not given.',
  ],
  [
    'concurrency_limits',
    'special',
    'ConcurrencyLimits',
    'What the job takes of the limits of its pool, such as licences: name or name:number, separated by commas.',
  ],
  [
    'concurrency_limits_expr',
    'special',
    'ConcurrencyLimits',
    'The same as an expression over the attributes of the job, such as ifThenElse(Big, "db:2", "db").',
  ],
  ['batch_name', 'text', 'JobBatchName', 'A name for the jobs of this submission.'],
  ['batch_project', 'text', 'JobBatchProject', 'A name for several submissions.'],
  ['dag_node_name', 'text', 'DAGNodeName', 'The node of a DAG that the job is; kept with the job.'],
  ['dagman_job_id', 'integer', 'DAGManJobId', 'The job that manages the DAG; kept with the job.'],
  ['project_name', 'text', 'ProjectName', 'The project that the job belongs to; kept with the job.'],
  ['description', 'text', 'JobDescription', 'A sentence on the job.'],
  ['submit_event_notes', 'text', 'SubmitEventNotes', 'A note that is kept with the job.'],
  ['submit_event_user_notes', 'text', 'SubmitEventUserNotes', 'Another note that is kept with the job.'],
  ['manifest', 'boolean', 'ManifestDesired', 'Lists of the files before and after are not written.'],
  [
    'skip_if_dataflow',
    'boolean',
    'SkipIfDataflow',
    'The job runs even if its outputs are newer than its inputs.',
  ],
  [
    'delegate_job_gsi_credentials_lifetime',
    'integer',
    'DelegateJobGSICredentialsLifetime',
    'No proxy is delegated.',
  ],
  [
    'docker_pull_policy',
    'text',
    'DockerPullPolicy',
    'Pilots fetch no images: what is published to them is what they run.',
  ],
  ['image_size', 'special', 'ImageSize', "A first guess of the job's memory in KiB."],
  ['log', 'special', 'UserLog', "The file of HTCondor's event log, which tells what happens to the job."],
  ['log_xml', 'special', 'UserLogUseXML', 'Whether the event log is XML: it is text, so true is refused.'],
  // Accepted, without effect here.
  ['notification', 'special', 'JobNotification', 'No mail is sent.'],
  ['notify_user', 'special', 'NotifyUser', 'No mail is sent.'],
  ['email_attributes', 'text', 'EmailAttributes', 'No mail is sent.'],
  ['stream_output', 'special', 'StreamOut', 'Output is returned when the job ends.'],
  ['stream_error', 'special', 'StreamErr', 'Output is returned when the job ends.'],
  ['stream_input', 'special', 'StreamIn', 'Input is copied before the job starts.'],
  ['copy_to_spool', 'ignored', '', 'The executable is always kept with the job.'],
  ['max_materialize', 'ignored', '', `${atOnce} To let a few run at a time, write concurrency_limits.`],
  ['max_idle|materialize_max_idle', 'integer', 'JobMaterializeMaxIdle', atOnce],
  ['nice_user|NiceUser', 'special', '', 'Whether the jobs take only what others leave.'],
  [
    'coresize|core_size',
    'integer',
    'CoreSize',
    'Whether a crash leaves a core file is for the machine of the pilot to say.',
  ],
  ['skip_filechecks', 'ignored', '', 'Files are checked when they are sent.'],
  ['next_job_start_delay', 'integer', 'NextJobStartDelay', 'Jobs start when there are slots for them.'],
  ['keep_claim_idle', 'expression', 'KeepClaimIdle', 'Pilots decide themselves how long they wait.'],
  ['job_machine_attrs', 'text', 'JobMachineAttrs', 'The attributes of the slot are kept with every attempt.'],
  ['job_ad_information_attrs', 'ignored', '', 'Events are logged without further attributes.'],
  ['ulog_execute_attrs', 'ignored', '', 'Events are logged without further attributes.'],
  ['allow_arguments_v1', 'ignored', '', 'The quotes tell the two syntaxes apart.'],
  ['allow_environment_v1', 'ignored', '', 'The quotes tell the two syntaxes apart.'],
  ['buffer_block_size', 'ignored', '', 'It concerned the universe standard.'],
  ['buffer_files', 'ignored', '', 'It concerned the universe standard.'],
  ['buffer_size', 'ignored', '', 'It concerned the universe standard.'],
  ['compress_files', 'ignored', '', 'It concerned the universe standard.'],
  ['container_is_common', 'ignored', '', 'Pilots keep an image for all jobs that use it.'],
  [
    'docker_override_entrypoint',
    'ignored',
    '',
    'An executable always runs in the place of what its image starts.',
  ],
  [
    'dont_encrypt_input_files',
    'ignored',
    '',
    'Leave it out: all transfers are encrypted, unless the pool is on this machine.',
  ],
  [
    'dont_encrypt_output_files',
    'ignored',
    '',
    'Leave it out: all transfers are encrypted, unless the pool is on this machine.',
  ],
  ['EraseOutputAndErrorOnRestart', 'ignored', '', 'Every execution begins with empty output.'],
  ['fetch_files', 'ignored', '', 'It concerned the universe standard.'],
  ['local_files', 'ignored', '', 'It concerned the universe standard.'],
  ['manifest_dir', 'ignored', '', 'Lists of the files before and after are not written.'],
  ['match_list_length', 'ignored', '', 'All attempts of a job are kept.'],
  ['stack_size', 'ignored', '', 'Stacks are as large as the system of the pilot makes them.'],
  [
    'starter_debug',
    'ignored',
    '',
    'Pilots log for their operators: see the output of the job with `glidein logs`.',
  ],
  [
    'starter_log',
    'ignored',
    '',
    'Pilots log for their operators: see the output of the job with `glidein logs`.',
  ],
  ['submit_event_notes_attrs', 'ignored', '', 'The notes are kept as they are written.'],
  ['want_job_networking', 'ignored', '', 'Jobs use the network of their pilot.'],
  ['run_as_owner', 'ignored', '', 'It concerns Windows.'],
  ['load_profile', 'ignored', '', 'It concerns Windows.'],
  ['want_remote_io', 'ignored', '', 'Jobs use files in their own directory.'],
  // Known to HTCondor, not done here: an error, because the job would not run as it is meant.
  [
    'transfer_container',
    'special',
    'TransferContainer',
    'Whether an image that is a file travels with the job.',
  ],
  [
    'preserve_relative_paths',
    'boolean',
    'PreserveRelativePaths',
    'Whether inputs and outputs keep the folders of their relative paths.',
  ],
  ['require_gpus', 'special', 'RequireGPUs', 'What each GPU must fulfil: an expression over its properties.'],
  ['gpus_minimum_memory', 'special', 'GPUsMinMemory', 'Memory of each GPU at least, in MiB or with a unit.'],
  ['gpus_minimum_capability', 'special', 'GPUsMinCapability', 'CUDA capability of each GPU at least.'],
  ['gpus_maximum_capability', 'special', 'GPUsMaxCapability', 'CUDA capability of each GPU at most.'],
  ['gpus_minimum_runtime', 'special', 'GPUsMinRuntime', 'CUDA version of each GPU at least.'],
  ['retry_request_memory', 'refused', '', moreMemory],
  [
    'checkpoint_exit_code',
    'refused',
    '',
    'Let the job copy its state to a place of its own, and look there first when it starts again.',
  ],
  [
    'transfer_checkpoint_files',
    'refused',
    '',
    'Let the job copy its state to a place of its own, and look there first when it starts again.',
  ],
  ['public_input_files', 'refused', '', 'Use transfer_input_files: equal files are kept once.'],
  [
    'output_destination',
    'refused',
    '',
    'Let the job itself send its output there, or copy it on when the job has ended.',
  ],
  [
    'transfer_plugins',
    'refused',
    '',
    'Pilots fetch http:// and https:// themselves; for others bring the program and run it in the job.',
  ],
  [
    'encrypt_input_files',
    'refused',
    '',
    'Leave it out: all transfers are encrypted, unless the pool is on this machine.',
  ],
  [
    'encrypt_output_files',
    'refused',
    '',
    'Leave it out: all transfers are encrypted, unless the pool is on this machine.',
  ],
  ['encrypt_execute_directory', 'refused', '', 'Let the job itself encrypt what others must not read.'],
  [
    'x509userproxy',
    'special',
    'x509userproxy',
    'The proxy certificate to bring with the job, which finds it by X509_USER_PROXY.',
  ],
  ['use_x509userproxy', 'special', '', 'Whether to bring the proxy of X509_USER_PROXY, or /tmp/x509up_uUID.'],
  [
    'use_scitokens|use_scitoken',
    'refused',
    '',
    'Bring the token with transfer_input_files, and write environment = "BEARER_TOKEN_FILE=/srv/NAME"; nobody renews it.',
  ],
  [
    'use_oauth_services',
    'refused',
    '',
    'Get a token yourself, with oidc-token or htgettoken, and bring it with transfer_input_files.',
  ],
  [
    'scitokens_file',
    'refused',
    '',
    'Bring the token with transfer_input_files, and write environment = "BEARER_TOKEN_FILE=/srv/NAME"; nobody renews it.',
  ],
  [
    'container_service_names',
    'refused',
    '',
    'Let the job tell others the address and the port of its service.',
  ],
  [
    'container_target_dir',
    'refused',
    '',
    "Leave it out: the job's directory, /srv, is its working directory.",
  ],
  ['docker_network_type', 'refused', '', 'Leave it out: jobs use the network of their pilot.'],
  ['append_files', 'refused', '', 'Let the job append to a file that it brings back.'],
  [
    'checkpoint_destination',
    'refused',
    '',
    'Let the job copy its state to a place of its own, and look there first when it starts again.',
  ],
  ['cron_day_of_month', 'refused', '', 'Submit the job at the time that you want.'],
  ['cron_day_of_week', 'refused', '', 'Submit the job at the time that you want.'],
  ['cron_month', 'refused', '', 'Submit the job at the time that you want.'],
  ['cuda_version', 'refused', '', 'Write gpus_minimum_runtime.'],
  ['disk_usage', 'refused', '', 'Write request_disk.'],
  [
    'docker_send_credentials',
    'refused',
    '',
    'Pilots fetch no images: ask the operator of the pool to publish the image to them.',
  ],
  ['file_remaps', 'refused', '', 'Write transfer_output_remaps.'],
  ['jar_files', 'refused', '', 'Bring them with transfer_input_files, and write executable = java.'],
  ['java_vm_args|java_vm_arguments', 'refused', '', 'Write them into the arguments of executable = java.'],
  ['jobset', 'refused', '', 'Write batch_name.'],
  [
    'mount_under_scratch',
    'refused',
    '',
    'The job has a /tmp of its own: let it write there, or into its directory.',
  ],
  ['on_evict_checks', 'refused', '', 'Write retry_until or on_exit_remove.'],
  ['output_directory', 'refused', '', 'Let the job itself send its output there.'],
  [
    'parallel_script_shadow',
    'refused',
    '',
    'Leave it out: a job runs on one slot, and asks for its cores with request_cpus.',
  ],
  [
    'parallel_script_starter',
    'refused',
    '',
    'Leave it out: a job runs on one slot, and asks for its cores with request_cpus.',
  ],
  ['primary_unix_group', 'refused', '', 'Leave it out: jobs run as the user of their pilot.'],
  ['retry_request_memory_increase', 'refused', '', moreMemory],
  ['retry_request_memory_max', 'refused', '', moreMemory],
  ['shell', 'refused', '', 'Write executable = /bin/sh and arguments = "-c \'COMMANDS\'".'],
  ['tool_daemon_cmd', 'refused', '', 'Start the tool from the job itself.'],
  ['transfer_common_input', 'refused', '', 'Use transfer_input_files: equal files are kept once.'],
  [
    'want_io_proxy',
    'refused',
    '',
    'Jobs cannot talk to the submitter (chirp): let them write files that come back.',
  ],
  [
    'machine_count',
    'refused',
    '',
    'Leave it out: a job runs on one slot, and asks for its cores with request_cpus.',
  ],
  ['deferral_time', 'refused', '', 'Submit the job at the time that you want.'],
  ['cron_minute', 'refused', '', 'Submit the job at the time that you want.'],
  ['cron_hour', 'refused', '', 'Submit the job at the time that you want.'],
  [
    'grid_resource',
    'refused',
    '',
    'Leave it out: pilots bring the jobs to their sites, which requirements choose.',
  ],
  ['remote_initialdir', 'refused', '', 'Leave it out: a job has a directory of its own.'],
];

/** What is recorded in the ad and has no effect here: whoever writes it is told. */
const withoutEffect: ReadonlySet<string> = new Set([
  'coresize',
  'delegate_job_gsi_credentials_lifetime',
  'docker_pull_policy',
  'email_attributes',
  'job_machine_attrs',
  'manifest',
  'skip_if_dataflow',
  'keep_claim_idle',
  'max_idle',
  'next_job_start_delay',
  'notification',
  'notify_user',
  'stream_error',
  'stream_input',
  'stream_output',
]);

/** Attributes whose names are no commands, or those of another one (asked of condor_submit 25.14). */
const notNamesOfCommands: ReadonlySet<string> = new Set([
  'ConcurrencyLimits',
  'DAGManJobId',
  'DAGNodeName',
  'Err',
  'In',
  'JobBatchProject',
  'JobStatus',
  'JobUniverse',
  'Out',
  'ProjectName',
  'TransferInput',
  'TransferOutput',
]);

/** Commands whose other names win over the first one. */
const aliasesWin: ReadonlySet<string> = new Set([
  'coresize',
  'should_transfer_files',
  'when_to_transfer_output',
]);

const refusedOrIgnored = (kind: CommandKind): boolean => kind === 'refused' || kind === 'ignored';

function command([names, kind, attribute, sentence, preset]: Row): SubmitCommand {
  const [name = '', ...written] = names.split('|');
  const isNamed = attribute === '' || notNamesOfCommands.has(attribute) || refusedOrIgnored(kind);
  const spellings = new Map(
    [...written, ...(isNamed ? [] : [attribute])].map((each) => [each.toLowerCase(), each]),
  );
  spellings.delete(name.toLowerCase());
  const aliases = [...spellings.values()];
  return {
    name,
    kind,
    sentence,
    aliasesWin: aliasesWin.has(name),
    withoutEffect: kind === 'ignored' || withoutEffect.has(name),
    ...(aliases.length > 0 && { aliases }),
    ...(attribute !== '' && { attribute }),
    ...(preset !== undefined && { default: preset }),
  };
}

/** Every command that the submit language knows here: what the parser reads and what the help prints. */
export const submitCommands: readonly SubmitCommand[] = rows.map(command);

const byName: ReadonlyMap<string, SubmitCommand> = new Map(
  submitCommands.flatMap((known) =>
    [known.name, ...(known.aliases ?? [])].map((name) => [name.toLowerCase(), known] as const),
  ),
);

/** The command of that name or alias, in any case. */
export function findCommand(name: string): SubmitCommand | undefined {
  return byName.get(name.toLowerCase());
}

/** Every name and alias, for hints. */
export const commandNames: readonly string[] = submitCommands.flatMap((known) => [
  known.name,
  ...(known.aliases ?? []),
]);
