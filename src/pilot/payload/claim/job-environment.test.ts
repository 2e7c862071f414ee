import { expect, it } from 'vitest';
import { noServices } from './discovery.ts';
import { jobEnvironment } from './job-environment.ts';

const claimed = (cpus: number, gpus: number[] = []) => ({
  slot: 'slot1_3',
  resources: { cpus, memory: 1, disk: 1, gpus: gpus.length },
  gpus,
  scratch: '/srv',
  pilot: {},
  deadline: 1_700_000_000,
  services: noServices,
});

it('a job gets the variables that HTCondor gives to every job, and by when it must have ended', () => {
  expect(Object.fromEntries(jobEnvironment('3.1', claimed(4)))).toEqual({
    BATCH_SYSTEM: 'HTCondor',
    TMPDIR: '/srv/.tmp',
    TMP: '/srv/.tmp',
    TEMP: '/srv/.tmp',
    _CONDOR_SCRATCH_DIR: '/srv',
    _CONDOR_JOB_IWD: '/srv',
    _CONDOR_JOB_AD: '/srv/.job.ad',
    _CONDOR_MACHINE_AD: '/srv/.machine.ad',
    _CONDOR_SLOT: 'slot1_3',
    _CONDOR_JOB_PIDS: '',
    GLIDEIN_JOB: '3.1',
    GLIDEIN_ToDie: '1700000000',
    JOBFEATURES: '/srv/.jobfeatures',
    ...Object.fromEntries(
      (
        'CUBACORES GOMAXPROCS JULIA_NUM_THREADS MKL_NUM_THREADS NUMEXPR_NUM_THREADS OMP_NUM_THREADS OMP_THREAD_LIMIT ' +
        'OPENBLAS_NUM_THREADS PYTHON_CPU_COUNT ROOT_MAX_THREADS TF_LOOP_PARALLEL_ITERATIONS TF_NUM_THREADS'
      )
        .split(' ')
        .map((name) => [name, '4']),
    ),
    CUDA_VISIBLE_DEVICES: '10000',
    GPU_DEVICE_ORDINAL: '10000',
    NVIDIA_VISIBLE_DEVICES: 'none',
    _CONDOR_AssignedGPUs: '10000',
  });
});

it('a job on a fraction of a core is told to start one thread', () => {
  expect(jobEnvironment('3.1', claimed(0.5)).get('OMP_NUM_THREADS')).toBe('1');
});

it('a job sees the GPUs of its claim and no others', () => {
  expect(jobEnvironment('3.1', claimed(1, [1, 3])).get('CUDA_VISIBLE_DEVICES')).toBe('1,3');
});

it('a job of a trace is told its span', () => {
  const traceParent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  expect(jobEnvironment('3.1', { ...claimed(1), traceParent }).get('TRACEPARENT')).toBe(traceParent);
});
