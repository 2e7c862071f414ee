/** An option of condor_submit that is not supported here. */
interface RefusedOption {
  readonly name: string;
  /** The fewest letters of it that condor_submit accepts. */
  readonly shortest: number;
  readonly why: string;
  readonly cure: string;
}

const choosePool = 'choose a pool with --pool URL or --pool NAMESPACE/NAME';
const onePlace = 'names an access point, and a pool here is its own access point';
const allAtOnce = 'queues jobs little by little, but here all jobs are queued at once';

/** In the order in which condor_submit looks for them. */
export const refusedOptions: readonly RefusedOption[] = [
  {
    name: 'disable',
    shortest: 3,
    why: 'turns off file checks, but here every input is read when the jobs are queued',
    cure: 'leave it out, and name only inputs that exist',
  },
  {
    name: 'debug',
    shortest: 2,
    why: "prints the log of HTCondor's own library",
    cure: 'leave it out; --dry-run shows the ads, and `glidein why` why a job waits',
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
    cure: 'leave it out; a submission may have a million jobs, and a thousand million that differ only by their number',
  },
  {
    name: 'generator',
    shortest: 1,
    why: allAtOnce,
    cure: 'leave it out; a submission may have a million jobs, and a thousand million that differ only by their number',
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
    why: 'is not supported here',
    cure: 'write -queue NAME from FILE',
  },
  { name: 'table', shortest: 5, why: 'is not supported here', cure: 'write -queue NAME from FILE' },
  {
    name: 'dump',
    shortest: 2,
    why: 'is not supported here',
    cure: 'write -dry-run FILE, which puts the ads of the jobs into the file and queues nothing',
  },
  {
    name: 'force-mpi-universe',
    shortest: 7,
    why: 'asks for a job on several slots, but a job here runs on one',
    cure: 'write request_cpus and run mpirun in the job, or use a cluster made for MPI, such as Slurm',
  },
  {
    name: 'capabilities',
    shortest: 3,
    why: 'asks a schedd what it can do',
    cure: 'see docs/submit.md for what a submit file may contain',
  },
  {
    name: 'interactive',
    shortest: 1,
    why: 'submits a job and opens a shell in it, which are two commands here',
    cure: 'submit a job that runs `sleep`, and open a shell in it with `glidein ssh --wait JOB`',
  },
  {
    name: 'password',
    shortest: 4,
    why: 'is for a MyProxy server, and none is used here',
    cure: 'make a proxy yourself, and name its file with x509userproxy',
  },
  {
    name: 'stm',
    shortest: 3,
    why: 'chooses how files reach a schedd, and HTCondor itself no longer supports it',
    cure: 'leave it out: inputs always travel to the pool',
  },
  {
    name: 'jobset',
    shortest: 6,
    why: 'groups submissions, and a pool keeps no such groups',
    cure: 'give all of them one -batch-name',
  },
];
