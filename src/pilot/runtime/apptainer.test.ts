import { expect, it } from 'vitest';
import { containerArguments } from './apptainer.ts';

const run = {
  image: '/images/hello',
  job: '/claims/1/job',
  work: '/claims/1/work',
  environmentFile: '/claims/1/environment',
  gpus: false,
  command: ['./x', '--silent'],
};

it('the arguments of tier A contain a payload fully', () => {
  expect(containerArguments('A', run).join(' ')).toBe(
    '--silent exec --userns --containall --cleanenv --no-eval --no-home --workdir /claims/1/work ' +
      '--bind /claims/1/job:/srv --cwd /srv --env-file /claims/1/environment /images/hello ./x --silent',
  );
});

it('the arguments of tier B keep the PID namespace, and GPUs are visible if they are claimed', () => {
  const args = containerArguments('B', { ...run, gpus: true }).join(' ');
  expect(args).toContain('--contain --ipc --pid --no-mount proc --bind /proc ');
  expect(args).toContain(' --nv /images/hello');
  expect(args).not.toContain('--containall');
});
