import { expect, it } from 'vitest';
import { containerArguments } from './apptainer.ts';

const run = {
  image: '/images/hello',
  job: '/claims/1/job',
  work: '/claims/1/work',
  environmentFile: '/claims/1/environment',
  gpus: undefined,
  mounts: [],
  network: 'Shared' as const,
  command: ['./x', '--silent'],
};

it('the arguments of tier A contain a payload fully', () => {
  expect(containerArguments('A', run).join(' ')).toBe(
    '--silent exec --userns --containall --cleanenv --no-eval --no-home --workdir /claims/1/work ' +
      '--bind /claims/1/job:/srv --cwd /srv --env-file /claims/1/environment /images/hello ./x --silent',
  );
});

it('the arguments of tier B keep the PID namespace', () => {
  const args = containerArguments('B', run).join(' ');
  expect(args).toContain('--contain --ipc --pid --no-mount proc --bind /proc ');
  expect(args).not.toContain('--containall');
});

it.each([
  ['nvidia', '--nv'],
  ['amd', '--rocm'],
] as const)('GPUs of %s are visible by %s', (gpus, flag) => {
  expect(containerArguments('A', { ...run, gpus }).join(' ')).toContain(` ${flag} /images/hello`);
});

it('what a group mounts is read-only unless it says otherwise, and without a network the payload is alone', () => {
  const mounts = [
    { source: '/mnt/cvmfs', target: '/cvmfs', readOnly: true },
    { source: '/data', target: '/data', readOnly: false },
  ];
  const args = containerArguments('A', { ...run, mounts, network: 'None' }).join(' ');
  expect(args).toContain(' --bind /mnt/cvmfs:/cvmfs:ro --bind /data:/data:rw ');
  expect(args).toContain(' --net --network none /images/hello');
});
