import { traceVariable } from '#base/trace-parent.ts';
import { scratchFiles } from './claim-directory.ts';
import type { ClaimedSlot } from './claimed-slot.ts';

/** Libraries read these to know how many threads they may start. HTCondor sets them for every job. */
const threadVariables = [
  'CUBACORES',
  'GOMAXPROCS',
  'JULIA_NUM_THREADS',
  'MKL_NUM_THREADS',
  'NUMEXPR_NUM_THREADS',
  'OMP_NUM_THREADS',
  'OMP_THREAD_LIMIT',
  'OPENBLAS_NUM_THREADS',
  'PYTHON_CPU_COUNT',
  'ROOT_MAX_THREADS',
  'TF_LOOP_PARALLEL_ITERATIONS',
  'TF_NUM_THREADS',
];

/**
 * The variables that HTCondor gives to every job, GLIDEIN_JOB, by when the job must have ended, and what services of the pilot
 * say, and the span that its own spans belong to. The job's own `environment` overrides them. There is no chirp, so `_CONDOR_CHIRP_CONFIG` is not set.
 * @param job its number, `cluster.proc`
 */
export function jobEnvironment(
  job: string,
  { slot, resources, gpus, scratch, deadline, services, traceParent }: ClaimedSlot,
): Map<string, string> {
  const cpus = String(Math.max(1, Math.floor(resources.cpus)));
  const temporary = `${scratch}/${scratchFiles.temporary}`;
  return new Map([
    // First: a service must not hide what the pilot itself says.
    ...services.environment,
    ...(services.file === undefined
      ? []
      : [['GLIDEIN_SERVICES', `${scratch}/${scratchFiles.services}`] as const]),
    ['BATCH_SYSTEM', 'HTCondor'],
    ['TMPDIR', temporary],
    ['TMP', temporary],
    ['TEMP', temporary],
    ['_CONDOR_SCRATCH_DIR', scratch],
    ['_CONDOR_JOB_IWD', scratch],
    ['_CONDOR_JOB_AD', `${scratch}/${scratchFiles.jobAd}`],
    ['_CONDOR_MACHINE_AD', `${scratch}/${scratchFiles.machineAd}`],
    ['_CONDOR_SLOT', slot],
    // The processes of the job's earlier steps: there are none.
    ['_CONDOR_JOB_PIDS', ''],
    ['GLIDEIN_JOB', job],
    ['GLIDEIN_ToDie', String(deadline)],
    ...(traceParent === undefined ? [] : [[traceVariable, traceParent] as const]),
    ['JOBFEATURES', `${scratch}/${scratchFiles.features}`],
    ...threadVariables.map((name) => [name, cpus] as const),
    ...gpuVariables(gpus),
  ]);
}

/** HTCondor gives a job without GPUs a number that no device has: without the variable, it would see all devices. */
function gpuVariables(gpus: readonly number[]): [string, string][] {
  const numbers = gpus.join(',');
  return [
    ['CUDA_VISIBLE_DEVICES', numbers || '10000'],
    ['GPU_DEVICE_ORDINAL', numbers || '10000'],
    ['NVIDIA_VISIBLE_DEVICES', numbers || 'none'],
    ['_CONDOR_AssignedGPUs', numbers || '10000'],
  ];
}
