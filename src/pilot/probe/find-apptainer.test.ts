import { expect, test } from 'vitest';
import { systemClock } from '#base/clock.ts';
import { createLogger } from '#telemetry/logger.ts';
import { apptainerCandidates, findApptainer } from './find-apptainer.ts';

test('a pilot that finds no Apptainer names each directory where it looked once, beginning with the best place to install it', async () => {
  const search = {
    candidates: [
      '/nowhere/a/apptainer',
      '/nowhere/b/apptainer',
      '/nowhere/a/apptainer',
      '/nowhere/cache/apptainer',
    ],
    directory: '/nowhere',
    cacheDirectory: '/nowhere',
    network: 'Shared' as const,
    files: false,
    clock: systemClock,
    logger: createLogger('test', { level: 'silent' }),
  };
  await expect(findApptainer(search)).rejects.toMatchObject({
    code: 'RuntimeFailed',
    message: 'there is no apptainer in PATH, nor where glidein installs it',
    cure: expect.stringMatching(/: \/nowhere\/cache, \/nowhere\/b, \/nowhere\/a$/),
  });
});

test('Apptainer is searched for where the order says, then along PATH, then where glidein installs it', () => {
  expect(apptainerCandidates('/opt/a', { PATH: '/usr/bin::relative:/bin', HOME: '/home/u' })).toEqual([
    '/opt/a',
    '/usr/bin/apptainer',
    '/bin/apptainer',
    '/home/u/.cache/glidein/apptainer/current/bin/apptainer',
  ]);
  expect(apptainerCandidates(undefined, { XDG_CACHE_HOME: '/c', HOME: '/h' })).toEqual([
    '/c/glidein/apptainer/current/bin/apptainer',
  ]);
});
