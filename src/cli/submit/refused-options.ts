/** An option of condor_submit that is not done here. */
interface RefusedOption {
  readonly name: string;
  /** How many of its letters condor_submit takes for it. */
  readonly shortest: number;
  readonly why: string;
  readonly cure: string;
}

const choosePool = 'choose a pool with --pool URL or --pool NAMESPACE/NAME';
const onePlace = 'names an access point, and a pool here has no other than itself';
const allAtOnce = 'queues jobs little by little, and here all jobs are queued at once';

/** In the order in which condor_submit looks for them. */
export const refusedOptions: readonly RefusedOption[] = [
  {
    name: 'disable',
    shortest: 3,
    why: 'turns off checks of files, and here every input is read when the jobs are queued',
    cure: 'leave it out, and name only inputs that exist',
  },
  {
    name: 'debug',
    shortest: 2,
    why: "prints the log of HTCondor's own library",
    cure: 'leave it out; see the ads with --dry-run, and why a job waits with `glidein why`',
  },
  {
    name: 'digest',
    shortest: 6,
    why: allAtOnce,
    cure: 'leave it out; see the ads with -dry-run FILE',
  },
  {
    name: 'factory',
    shortest: 2,
    why: allAtOnce,
    cure: 'leave it out; a submission may have a million jobs',
  },
  {
    name: 'generator',
    shortest: 1,
    why: allAtOnce,
    cure: 'leave it out; a submission may have a million jobs',
  },
  { name: 'address', shortest: 2, why: onePlace, cure: choosePool },
  {
    name: 'remote',
    shortest: 1,
    why: onePlace,
    cure: `${choosePool}; inputs always travel to the pool, as with -spool`,
  },
  { name: 'name', shortest: 1, why: onePlace, cure: choosePool },
  {
    name: 'iterate',
    shortest: 2,
    why: 'is not known here',
    cure: 'write -queue NAME from FILE',
  },
  { name: 'table', shortest: 5, why: 'is not known here', cure: 'write -queue NAME from FILE' },
  {
    name: 'dump',
    shortest: 2,
    why: 'is not known here',
    cure: 'write -dry-run FILE, which puts the ads of the jobs into the file and queues nothing',
  },
  {
    name: 'force-mpi-universe',
    shortest: 7,
    why: 'asks for a job on several slots, and a job here runs on one',
    cure: 'write request_cpus and run mpirun in the job, or use a cluster made for MPI, such as Slurm',
  },
  {
    name: 'capabilities',
    shortest: 3,
    why: 'asks a schedd what it can do',
    cure: 'see docs/submit.md for what a submit file may say',
  },
  {
    name: 'interactive',
    shortest: 1,
    why: 'opens a shell in a job, and pilots let nobody in',
    cure: 'submit a script, and follow what it prints with `glidein logs -f`',
  },
  {
    name: 'password',
    shortest: 4,
    why: 'is for a MyProxy server, which nobody here asks',
    cure: 'make a proxy yourself, and name its file with x509userproxy',
  },
  {
    name: 'stm',
    shortest: 3,
    why: 'chooses how files reach a schedd, and HTCondor itself no longer knows it',
    cure: 'leave it out: inputs always travel to the pool',
  },
  {
    name: 'jobset',
    shortest: 6,
    why: 'groups submissions, and a pool keeps no such groups',
    cure: 'give all of them one -batch-name',
  },
];
