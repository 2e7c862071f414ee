// This file is long because it is one table: all commands of the submit language, a row each.

/**
 * How the value of a command is read.
 * - `text`: a string attribute; `path`: one that names a file
 * - `integer`, `boolean`: checked; `expression`: a ClassAd expression
 * - `special`: a file of its own in this folder makes its attributes
 * - `ignored`: accepted with a warning, because it has no effect here; `refused`: an error
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
  /** Its other names, including the attribute's; if several are given, the one that comes first here wins. */
  readonly aliases?: readonly string[];
  /** Whether an alias wins over `name`, which otherwise wins over all of them. */
  readonly aliasesWin: boolean;
  /** The attribute of the job ad that it sets. */
  readonly attribute?: string;
  readonly kind: CommandKind;
  /** The attribute's value, as ClassAd text, when the command is not given. */
  readonly default?: string;
  /** Whether it is accepted with a warning, because it has no effect here. */
  readonly withoutEffect: boolean;
  /** What it does; for `ignored` and `refused`: why, and what to do instead. */
  readonly sentence: string;
}

type Row = readonly [name: string, kind: CommandKind, attribute: string, sentence: string, default_?: string];

// docs/architecture.md says under "Where to add something" what else a new command needs.
const rows: readonly Row[] = [
  // What runs.
  [
    'executable',
    'special',
    'Cmd',
    "The program to run; it is copied to the job unless transfer_executable is false. If absent, the image's own program runs.",
  ],
  [
    'arguments|args|arguments2',
    'special',
    'Arguments',
    'Its arguments: the new syntax in double quotes, or the old syntax without.',
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
    "The submitter's variables to pass on: a list of patterns (!NAME excludes), or true.",
  ],
  ['universe', 'special', 'JobUniverse', "vanilla, container or docker; all are HTCondor's number 5."],
  [
    'container_image',
    'special',
    'ContainerImage',
    'The image to run in: the name or path of a directory that pilots have, or a docker://… image that is published to them.',
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
  ['output|stdout', 'special', 'Out', 'The file that standard output is written to.'],
  ['error|stderr', 'special', 'Err', 'The file that standard error is written to.'],
  [
    'transfer_input_files|TransferInputFiles',
    'special',
    'TransferInput',
    "Files and URLs to copy to the job's directory; separated by commas. Pilots fetch http and https, and what their group adds.",
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
    'Where returned files go: "name=path;name=path", relative to initialdir; missing directories are made. The pilot sends a file whose path is a URL.',
  ],
  [
    'output_destination',
    'text',
    'OutputDestination',
    'A URL below which the pilot puts the output files: they do not come back. Standard output and error do.',
  ],
  [
    'transfer_plugins',
    'special',
    'TransferPlugins',
    "Plug-ins of the job's own for URLs: their schemes count as fetched in a dry run, and queueing such a job is refused.",
  ],
  [
    'transfer_executable',
    'special',
    'TransferExecutable',
    'Whether the executable is copied to the job; true, except for an absolute path in a container.',
  ],
  ['transfer_input', 'special', 'TransferIn', 'Whether the standard input file is copied to the job.'],
  ['transfer_output', 'special', 'TransferOut', 'Whether standard output is brought back.'],
  ['transfer_error', 'special', 'TransferErr', 'Whether standard error is brought back.'],
  [
    'should_transfer_files',
    'special',
    'ShouldTransferFiles',
    'YES or IF_NEEDED; both mean YES, because pilots share no file system with the submitter.',
  ],
  ['when_to_transfer_output', 'special', 'WhenToTransferOutput', 'ON_EXIT, ON_EXIT_OR_EVICT or ON_SUCCESS.'],
  [
    'max_transfer_input_mb',
    'expression',
    'MaxTransferInputMB',
    'The most MiB of input that may be copied to the job.',
  ],
  [
    'max_transfer_output_mb',
    'expression',
    'MaxTransferOutputMB',
    'The most MiB of output that may be brought back.',
  ],
  // Policy.
  ['hold', 'special', 'JobStatus', 'Whether the job starts on hold.'],
  [
    'leave_in_queue',
    'expression',
    'LeaveJobInQueue',
    'Whether the job stays in the queue after it has ended, for as long as this is true or until it is removed again.',
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
  ['on_exit_hold_subcode', 'expression', 'OnExitHoldSubCode', 'The subcode of that hold.'],
  [
    'periodic_hold',
    'expression',
    'PeriodicHold',
    'Whether to hold the waiting or running job; evaluated every minute.',
  ],
  ['periodic_hold_reason', 'expression', 'PeriodicHoldReason', 'The reason of that hold.'],
  ['periodic_hold_subcode', 'expression', 'PeriodicHoldSubCode', 'The subcode of that hold.'],
  [
    'periodic_release',
    'expression',
    'PeriodicRelease',
    'Whether to release the held job, unless a user held it; evaluated every minute.',
  ],
  [
    'periodic_remove',
    'expression',
    'PeriodicRemove',
    'Whether to remove the job, whatever its state; evaluated every minute.',
  ],
  [
    'periodic_vacate',
    'expression',
    'PeriodicVacate',
    'Whether to stop the running job and queue it again; evaluated every minute.',
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
    'Seconds after which a pilot without contact has lost the job.',
  ],
  [
    'max_job_retirement_time',
    'expression',
    'MaxJobRetirementTime',
    'Seconds for which the job may keep running when its pilot wants to leave.',
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
    'The signal that the job gets when it is removed; SIGTERM when not given.',
  ],
  [
    'hold_kill_sig',
    'special',
    'HoldKillSig',
    'The signal that the job gets when it is held; SIGTERM when not given.',
  ],
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
    'Whether the job ends at once without running, as if it had exited with 0; its policies on exit apply.',
  ],
  [
    'noop_job_exit_code',
    'expression',
    'NoopJobExitCode',
    'The exit code of such a job; it wins over the signal.',
  ],
  [
    'noop_job_exit_signal',
    'expression',
    'NoopJobExitSignal',
    'The number of the signal that such a job seems to have ended by.',
  ],
  // Accounting and names.
  ['accounting_group', 'special', 'AccountingGroup', 'The accounting group that the job is charged to.'],
  [
    'accounting_group_user',
    'special',
    'AcctGroupUser',
    'The user that the job is charged to; the owner when not given.',
  ],
  [
    'concurrency_limits',
    'special',
    'ConcurrencyLimits',
    "What the job takes of its pool's limits, such as licences: name or name:number, separated by commas.",
  ],
  [
    'concurrency_limits_expr',
    'special',
    'ConcurrencyLimits',
    'The same, as an expression over the attributes of the job, such as ifThenElse(Big, "db:2", "db").',
  ],
  ['batch_name', 'text', 'JobBatchName', 'A name for the jobs of this submission.'],
  ['batch_project', 'text', 'JobBatchProject', 'A name for several submissions.'],
  ['dag_node_name', 'text', 'DAGNodeName', 'The node of a DAG that the job is; kept with the job.'],
  ['dagman_job_id', 'integer', 'DAGManJobId', 'The job that manages the DAG; kept with the job.'],
  ['project_name', 'text', 'ProjectName', 'The project that the job belongs to; kept with the job.'],
  ['description', 'text', 'JobDescription', 'A sentence about the job.'],
  ['submit_event_notes', 'text', 'SubmitEventNotes', 'A note that is kept with the job.'],
  ['submit_event_user_notes', 'text', 'SubmitEventUserNotes', 'Another note that is kept with the job.'],
  ['manifest', 'boolean', 'ManifestDesired', 'No lists of the files before and after the job are written.'],
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
    'Pilots fetch no images: they only run what is published to them.',
  ],
  ['image_size', 'special', 'ImageSize', "A first guess of the job's memory in KiB."],
  [
    'log',
    'special',
    'UserLog',
    "The file of the event log, which tells in HTCondor's format what happens to the job.",
  ],
  [
    'log_xml',
    'special',
    'UserLogUseXML',
    'Whether the event log is XML; true is refused, because it is always text.',
  ],
  [
    'max_materialize',
    'integer',
    'JobMaterializeLimit',
    'At most so many of the jobs are tried, run or are held at a time; the others wait until one of them ends.',
  ],
  [
    'max_idle|materialize_max_idle',
    'integer',
    'JobMaterializeMaxIdle',
    'At most so many of the jobs are tried or held at a time; the others wait until one of them starts or ends.',
  ],
  // Accepted, without effect here.
  ['notification', 'special', 'JobNotification', 'No mail is sent.'],
  ['notify_user', 'special', 'NotifyUser', 'No mail is sent.'],
  ['email_attributes', 'text', 'EmailAttributes', 'No mail is sent.'],
  ['stream_output', 'special', 'StreamOut', 'Output is returned when the job ends.'],
  ['stream_error', 'special', 'StreamErr', 'Output is returned when the job ends.'],
  ['stream_input', 'special', 'StreamIn', 'Input is copied before the job starts.'],
  ['copy_to_spool', 'ignored', '', 'The executable is always kept with the job.'],
  ['nice_user|NiceUser', 'special', '', 'Whether the jobs only get what others leave unused.'],
  [
    'coresize|core_size',
    'integer',
    'CoreSize',
    "The pilot's machine decides whether a crash leaves a core file.",
  ],
  ['skip_filechecks', 'ignored', '', 'Files are checked when they are sent.'],
  ['next_job_start_delay', 'integer', 'NextJobStartDelay', 'Jobs start as soon as there are slots for them.'],
  ['keep_claim_idle', 'expression', 'KeepClaimIdle', 'Pilots decide themselves how long they wait.'],
  ['job_machine_attrs', 'text', 'JobMachineAttrs', 'The attributes of the slot are kept with every attempt.'],
  ['job_ad_information_attrs', 'ignored', '', 'Events are logged without further attributes.'],
  ['ulog_execute_attrs', 'ignored', '', 'Events are logged without further attributes.'],
  ['allow_arguments_v1', 'ignored', '', 'The quotes tell the two syntaxes apart.'],
  ['allow_environment_v1', 'ignored', '', 'The quotes tell the two syntaxes apart.'],
  ['buffer_block_size', 'ignored', '', 'It only concerned the universe standard.'],
  ['buffer_files', 'ignored', '', 'It only concerned the universe standard.'],
  ['buffer_size', 'ignored', '', 'It only concerned the universe standard.'],
  ['compress_files', 'ignored', '', 'It only concerned the universe standard.'],
  ['container_is_common', 'ignored', '', 'Pilots keep an image for all jobs that use it.'],
  [
    'docker_override_entrypoint',
    'ignored',
    '',
    "An executable always runs instead of its image's entry point.",
  ],
  [
    'dont_encrypt_input_files',
    'ignored',
    '',
    'Leave it out: all transfers are encrypted, except to a pool on this machine.',
  ],
  [
    'dont_encrypt_output_files',
    'ignored',
    '',
    'Leave it out: all transfers are encrypted, except to a pool on this machine.',
  ],
  ['EraseOutputAndErrorOnRestart', 'ignored', '', 'Every execution begins with empty output.'],
  ['fetch_files', 'ignored', '', 'It only concerned the universe standard.'],
  ['local_files', 'ignored', '', 'It only concerned the universe standard.'],
  ['manifest_dir', 'ignored', '', 'No lists of the files before and after the job are written.'],
  ['match_list_length', 'ignored', '', 'All attempts of a job are kept.'],
  ['stack_size', 'ignored', '', "The pilot's system decides the size of stacks."],
  ['starter_debug', 'ignored', '', "Pilots log for their operators; `glidein logs` shows the job's output."],
  ['starter_log', 'ignored', '', "Pilots log for their operators; `glidein logs` shows the job's output."],
  ['submit_event_notes_attrs', 'ignored', '', 'The notes are kept as they are written.'],
  ['want_job_networking', 'ignored', '', 'Jobs use the network of their pilot.'],
  ['run_as_owner', 'ignored', '', 'It only concerns Windows.'],
  ['load_profile', 'ignored', '', 'It only concerns Windows.'],
  ['want_remote_io', 'ignored', '', 'Jobs use files in their own directory.'],
  // Known to HTCondor but not supported here: an error, because the job would not run as it is meant to.
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
  ['require_gpus', 'special', 'RequireGPUs', 'A condition on each GPU: an expression over its properties.'],
  ['gpus_minimum_memory', 'special', 'GPUsMinMemory', 'The least memory of each GPU, in MiB or with a unit.'],
  ['gpus_minimum_capability', 'special', 'GPUsMinCapability', 'The lowest CUDA capability of each GPU.'],
  ['gpus_maximum_capability', 'special', 'GPUsMaxCapability', 'The highest CUDA capability of each GPU.'],
  ['gpus_minimum_runtime', 'special', 'GPUsMinRuntime', 'The lowest CUDA version of each GPU.'],
  [
    'retry_request_memory',
    'special',
    '',
    'The memory with which a job runs again that ran out of it: a size, sizes of which each is larger, or an expression.',
  ],
  [
    'retry_request_memory_increase',
    'special',
    '',
    'By how much more memory it then asks for, each time up to retry_request_memory_max, or once without that: a size, or an expression with RequestMemory.',
  ],
  [
    'retry_request_memory_max',
    'special',
    '',
    'The most memory that retry_request_memory_increase leads to; alone, it is the same as retry_request_memory.',
  ],
  [
    'checkpoint_exit_code',
    'special',
    'SuccessCheckpointExitCode',
    'The code with which the program exits after saving its work: its files are kept, it goes on at once, and another try begins with them.',
  ],
  [
    'transfer_checkpoint_files',
    'special',
    'TransferCheckpoint',
    'What is kept then, and lies over the inputs of another try; the outputs if absent.',
  ],
  ['public_input_files', 'refused', '', 'Use transfer_input_files: equal files are kept once.'],
  [
    'encrypt_input_files',
    'refused',
    '',
    'Leave it out: all transfers are encrypted, except to a pool on this machine.',
  ],
  [
    'encrypt_output_files',
    'refused',
    '',
    'Leave it out: all transfers are encrypted, except to a pool on this machine.',
  ],
  ['encrypt_execute_directory', 'refused', '', 'Let the job itself encrypt what others must not read.'],
  [
    'x509userproxy',
    'special',
    'x509userproxy',
    'The proxy certificate that travels with the job; X509_USER_PROXY names it there.',
  ],
  [
    'use_x509userproxy',
    'special',
    '',
    'Whether the proxy named by X509_USER_PROXY, or /tmp/x509up_uUID, travels with the job.',
  ],
  [
    'use_scitokens|use_scitoken',
    'refused',
    '',
    'Bring the token with transfer_input_files, and write environment = "BEARER_TOKEN_FILE=/srv/NAME"; it is not renewed.',
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
    'Bring the token with transfer_input_files, and write environment = "BEARER_TOKEN_FILE=/srv/NAME"; it is not renewed.',
  ],
  [
    'container_service_names',
    'refused',
    '',
    'Let the job itself publish the address and port of its service.',
  ],
  [
    'container_target_dir',
    'refused',
    '',
    "Leave it out: the job's directory, /srv, is its working directory.",
  ],
  ['docker_network_type', 'refused', '', 'Leave it out: jobs use the network of their pilot.'],
  ['append_files', 'refused', '', 'Let the job append to a file that it brings back.'],
  ['checkpoint_destination', 'refused', '', 'Leave it out: the pool keeps what the job saves.'],
  ['cron_day_of_month', 'refused', '', 'Submit the job at the time you want.'],
  ['cron_day_of_week', 'refused', '', 'Submit the job at the time you want.'],
  ['cron_month', 'refused', '', 'Submit the job at the time you want.'],
  ['cuda_version', 'refused', '', 'Write gpus_minimum_runtime.'],
  ['disk_usage', 'refused', '', 'Write request_disk.'],
  [
    'docker_send_credentials',
    'refused',
    '',
    "Pilots fetch no images: ask the pool's operator to publish the image to them.",
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
    'Leave it out: a job runs on one slot, and requests its cores with request_cpus.',
  ],
  [
    'parallel_script_starter',
    'refused',
    '',
    'Leave it out: a job runs on one slot, and requests its cores with request_cpus.',
  ],
  ['primary_unix_group', 'refused', '', 'Leave it out: jobs run as the user of their pilot.'],
  ['shell', 'refused', '', 'Write executable = /bin/sh and arguments = "-c \'COMMANDS\'".'],
  ['tool_daemon_cmd', 'refused', '', 'Start the tool from the job itself.'],
  ['transfer_common_input', 'refused', '', 'Use transfer_input_files: equal files are kept once.'],
  [
    'want_io_proxy',
    'refused',
    '',
    'Jobs cannot talk to the submitter (chirp): let them write output files instead.',
  ],
  [
    'machine_count',
    'refused',
    '',
    'Leave it out: a job runs on one slot, and requests its cores with request_cpus.',
  ],
  ['deferral_time', 'refused', '', 'Submit the job at the time you want.'],
  ['cron_minute', 'refused', '', 'Submit the job at the time you want.'],
  ['cron_hour', 'refused', '', 'Submit the job at the time you want.'],
  [
    'grid_resource',
    'refused',
    '',
    'Leave it out: pilots bring the jobs to their sites, which requirements choose.',
  ],
  ['remote_initialdir', 'refused', '', 'Leave it out: a job has a directory of its own.'],
];

/** Commands that are recorded in the ad but have no effect here: the user gets a warning. */
const withoutEffect: ReadonlySet<string> = new Set([
  'coresize',
  'delegate_job_gsi_credentials_lifetime',
  'docker_pull_policy',
  'email_attributes',
  'job_machine_attrs',
  'manifest',
  'skip_if_dataflow',
  'keep_claim_idle',
  'next_job_start_delay',
  'notification',
  'notify_user',
  'stream_error',
  'stream_input',
  'stream_output',
]);

/** Attributes whose names are not commands, or are another command's (as condor_submit 25.14 answers). */
const notNamesOfCommands: ReadonlySet<string> = new Set([
  'ConcurrencyLimits',
  'SuccessCheckpointExitCode',
  'TransferCheckpoint',
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

/** All commands of the submit language that are known here: the parser reads this table, and the reference prints it. */
export const submitCommands: readonly SubmitCommand[] = rows.map(command);

const byName: ReadonlyMap<string, SubmitCommand> = new Map(
  submitCommands.flatMap((known) =>
    [known.name, ...(known.aliases ?? [])].map((name) => [name.toLowerCase(), known] as const),
  ),
);

/** The command with that name or alias, regardless of case. */
export function findCommand(name: string): SubmitCommand | undefined {
  return byName.get(name.toLowerCase());
}

/** All names and aliases, for suggestions. */
export const commandNames: readonly string[] = submitCommands.flatMap((known) => [
  known.name,
  ...(known.aliases ?? []),
]);
