/**
 * Lines of submit files in the manner of real ones: of 595 that 149 public repositories have, each kind as often as it was
 * met there. Where only repositories were counted, their share stands for that of files.
 */

export type Pick = <T>(...choices: readonly [T, ...T[]]) => T;

/** A kind of line: how many of 595 files have it, and its texts, of which a file has one. */
export interface Manner {
  readonly of595: number;
  readonly texts: (pick: Pick) => string;
}

const one =
  (...choices: readonly [string, ...string[]]) =>
  (pick: Pick): string =>
    pick(...choices);

const names: Manner[] = [
  {
    of595: 500,
    texts: one(
      'output = out.$(Process)',
      'output = logs/job.$(Cluster).$(Process).out',
      'Output = $(Cluster)_$(Process).stdout',
      'output = ./logs/$(ClusterId).$(ProcId).out',
      'output=/dev/null',
      'stdout = out.txt',
    ),
  },
  {
    of595: 490,
    texts: one(
      'error = err.$(Process)',
      'error  = logs/job.$(Cluster).$(Process).err',
      'Error = $(Cluster)_$(Process).stderr',
      'error = ../jobs/err.$(Process)',
      'stderr = err.txt',
    ),
  },
  {
    of595: 545,
    texts: one(
      'log = job.log',
      'log = logs/job.$(Cluster).log',
      'Log = $(Cluster).log',
      'log = ./logs/run.log',
      'log = /tmp/logs/run.log',
    ),
  },
  {
    of595: 350,
    texts: one(
      'arguments = $(Process)',
      'arguments = "-n 10 \'two words\'"',
      'Arguments = $(Cluster) $(Process) x.root',
      'args = -v',
      'arguments = --seed $INT(Process) --out r_$(Process).txt',
    ),
  },
  { of595: 24, texts: one('input = in.txt', 'stdin = in.txt', 'input = /dev/null') },
  { of595: 20, texts: one('initialdir = run', 'initialdir = ./run/', 'initialdir = /tmp') },
  {
    of595: 72,
    texts: one('batch_name = $(Cluster)-test', 'JobBatchName = "analysis"', '+JobBatchName = "scan"'),
  },
  { of595: 14, texts: one('submit_event_user_notes = pool:here', 'submit_event_notes = a note') },
];

const files: Manner[] = [
  {
    of595: 300,
    texts: one(
      'should_transfer_files = YES',
      'should_transfer_files = IF_NEEDED',
      'ShouldTransferFiles = YES',
      'should_transfer_files = yes',
    ),
  },
  { of595: 13, texts: one('should_transfer_files = NO') },
  { of595: 6, texts: one('should_transfer_files = true', 'should_transfer_files = ALWAYS') },
  {
    of595: 250,
    texts: one(
      'when_to_transfer_output = ON_EXIT',
      'WhenToTransferOutput = ON_EXIT',
      'when_to_transfer_output = on_exit',
    ),
  },
  { of595: 50, texts: one('when_to_transfer_output = ON_EXIT_OR_EVICT') },
  {
    of595: 250,
    texts: one(
      'transfer_input_files = in.txt',
      'transfer_input_files = in.txt, x.txt',
      'transfer_input_files = ./in.txt,../jobs/x.txt',
      'Transfer_Input_Files = run.sh,in.txt',
      'transfer_input_files = data',
      'transfer_input_files = in.txt,',
    ),
  },
  { of595: 6, texts: one('transfer_input_files = data/', 'transfer_input_files = data/, in.txt') },
  {
    of595: 21,
    texts: one(
      'transfer_input_files = https://example.org/a.tgz',
      'transfer_input_files = osdf:///ospool/x/a.tgz, in.txt',
      'transfer_input_files = stash:///osgconnect/b, http://example.org/c',
    ),
  },
  {
    of595: 110,
    texts: one(
      'transfer_output_files = result.txt',
      'transfer_output_files = out, result.txt',
      'transfer_output_files = "result.db"',
      'transfer_output_files = ""',
    ),
  },
  {
    of595: 27,
    texts: one(
      'transfer_output_remaps = "result.txt = out/result.$(Cluster).$(Process).txt"',
      'transfer_output_remaps = "a=b;c=/tmp/d"',
    ),
  },
  {
    of595: 40,
    texts: one('transfer_executable = true', 'transfer_executable = false', 'transfer_executable = True'),
  },
  { of595: 8, texts: one('preserve_relative_paths = true', 'skip_if_dataflow = true') },
  { of595: 30, texts: one('stream_output = true', 'stream_error = True', 'stream_output = false') },
];

const machines: Manner[] = [
  { of595: 200, texts: one('request_cpus = 1', 'request_cpus = 4', 'RequestCpus = 8', 'request_cpus=2') },
  {
    of595: 240,
    texts: one(
      'request_memory = 2GB',
      'request_memory = 2000',
      'RequestMemory = 4096',
      'request_memory = 1.5 GB',
      'request_memory = 512M',
    ),
  },
  { of595: 8, texts: one('request_memory = 1') },
  {
    of595: 150,
    texts: one('request_disk = 1GB', 'request_disk = 1000000', 'RequestDisk = 2 GB', 'request_disk = 500MB'),
  },
  { of595: 90, texts: one('request_gpus = 1', 'request_GPUs = 1', 'RequestGPUs = 2') },
  {
    of595: 190,
    texts: one(
      'requirements = (OpSysMajorVer == 9)',
      'Requirements = HasSingularity',
      'requirements = TARGET.HAS_CVMFS_oasis_opensciencegrid_org == True',
      'requirements = (Arch == "X86_64") && (Memory > 1024)',
      'requirements = Machine != "bad.example.org"',
      'requirements = regexp("^node", Machine)',
    ),
  },
  { of595: 20, texts: one('rank = Memory', 'Rank = kflops') },
  { of595: 5, texts: one('require_gpus = Capability >= 7.5', 'gpus_minimum_memory = 4GB') },
];

const images: Manner[] = [
  {
    of595: 35,
    texts: one(
      '+SingularityImage = "/cvmfs/singularity.opensciencegrid.org/htc/rocky:9"',
      '+SingularityImage = "docker://debian:12"',
      'MY.SingularityImage = "/cvmfs/unpacked.cern.ch/registry.hub.docker.com/library/debian:12"',
    ),
  },
];

const policies: Manner[] = [
  {
    of595: 18,
    texts: one(
      'periodic_remove = (JobStatus == 5) && (time() - EnteredCurrentStatus > 3600)',
      'PeriodicRemove = JobStatus == 5',
      'periodic_remove = time() - QDate > 86400 * 7',
    ),
  },
  {
    of595: 12,
    texts: one(
      'periodic_release = (NumJobStarts < 3) && ((CurrentTime - EnteredCurrentStatus) > 600)',
      'periodic_release = HoldReasonCode == 12',
      'periodic_hold = RemoteWallClockTime > 7200',
    ),
  },
  {
    of595: 10,
    texts: one(
      'on_exit_hold = (ExitBySignal == True) || (ExitCode != 0)',
      'OnExitHold = ExitCode != 0',
      'on_exit_remove = (ExitBySignal == False) && (ExitCode == 0)',
    ),
  },
  { of595: 50, texts: one('max_retries = 3', 'max_retries = 5', 'success_exit_code = 0') },
  { of595: 9, texts: one('checkpoint_exit_code = 85', 'checkpoint_exit_code = 77') },
  {
    of595: 9,
    texts: one(
      'KillSig = 12',
      'kill_sig = SIGUSR1',
      'JobLeaseDuration = 3600',
      'job_lease_duration = 1200',
      'LeaveJobInQueue = true',
    ),
  },
  { of595: 12, texts: one('leave_in_queue = false', 'hold = false', 'priority = 5', 'prio = -1') },
  { of595: 8, texts: one('concurrency_limits = xsw', 'concurrency_limits = a:2, b') },
  {
    of595: 4,
    texts: one('max_materialize = 100', 'max_idle = 50', 'nice_user = true', 'next_job_start_delay = 1'),
  },
];

const people: Manner[] = [
  { of595: 34, texts: one('x509userproxy = proxy.pem', 'x509userproxy = ./proxy.pem') },
  { of595: 18, texts: one('use_oauth_services = vault', 'use_oauth_services = scitokens') },
  { of595: 180, texts: one('getenv = True', 'getenv = true', 'GetEnv = False', 'getenv = PATH,HOME') },
  {
    of595: 100,
    texts: one(
      'environment = "A=1 B=\'two words\'"',
      'environment = A=1;B=2',
      'env = X=1',
      'Environment = "SEED=$(Process)"',
    ),
  },
  {
    of595: 70,
    texts: one(
      'notification = Never',
      'Notification = never',
      'notification = Error',
      'notify_user = alice@example.org',
    ),
  },
  {
    of595: 110,
    texts: one(
      'accounting_group = group_physics.cms',
      'accounting_group = ligo.dev.o4.cbc',
      'accounting_group_user = alice',
      '+AccountingGroup = "group_u.x"',
      'acct_group = g',
    ),
  },
  {
    of595: 90,
    texts: one(
      '+JobFlavour = "longlunch"',
      '+ProjectName = "OSG"',
      '+MaxRuntime = 3600',
      '+JobFlavour="tomorrow"',
      'MY.WantOS = "el9"',
    ),
  },
  {
    of595: 60,
    texts: one(
      '+DESIRED_Sites = "T2_US_MIT,T2_DE_DESY"',
      '+CMSGroups = "cms"',
      '+is_resumable = True',
      '+UndesiredSites = "x"',
      '+Estimated = 10 * 60',
    ),
  },
];

export const manners: readonly Manner[] = [
  ...names,
  ...files,
  ...machines,
  ...images,
  ...policies,
  ...people,
];

/** The universe and what goes with it; what is left of 595 says vanilla, or nothing. */
export const universes: readonly Manner[] = [
  {
    of595: 12,
    texts: one(
      'universe = grid\ngrid_resource = batch slurm',
      'universe = grid\ngrid_resource = condor a.example.org b.example.org',
    ),
  },
  { of595: 14, texts: one('universe = local', 'Universe = local') },
  { of595: 8, texts: one('universe = parallel\nmachine_count = 4') },
  { of595: 9, texts: one('universe = scheduler') },
  {
    of595: 57,
    texts: one(
      'universe = docker\ndocker_image = debian:12',
      'universe = docker\ndocker_image = registry.example.org/group/image:1.2',
    ),
  },
  {
    of595: 30,
    texts: one(
      'universe = container\ncontainer_image = docker://debian:12',
      'container_image = docker://library/debian:12',
    ),
  },
  {
    of595: 12,
    texts: one(
      'container_image = /cvmfs/singularity.opensciencegrid.org/htc/rocky:9',
      'container_image = image.sif',
      'container_image = osdf:///ospool/images/a.sif',
    ),
  },
];

/** How the jobs are queued, as the last line. */
export const queues: readonly Manner[] = [
  { of595: 170, texts: one('queue 10', 'Queue 3', 'queue  2', 'queue $(N)', 'Queue 1') },
  {
    of595: 80,
    texts: one(
      'queue item from items.txt',
      'queue a, b from pairs.txt',
      'queue infile,outfile from pairs.txt',
    ),
  },
  {
    of595: 35,
    texts: one(
      'queue name in (a b c)',
      'queue name in (a, b, c)',
      'queue 2 name in a b',
      'queue x from (\n one\n two\n)',
    ),
  },
  {
    of595: 25,
    texts: one('queue f matching files *.txt', 'queue f matching data/*', 'queue d matching dirs *'),
  },
  { of595: 22, texts: one('queue\narguments = again\nqueue', 'queue 2\n\nqueue 3') },
];

/** Macros that the file itself does not define: they come from the command line. */
export const outside: Manner = { of595: 41, texts: one('N=3', 'sample=ttbar', 'outdir=logs') };
