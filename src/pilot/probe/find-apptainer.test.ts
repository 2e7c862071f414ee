import { expect, test } from 'vitest';
import { systemClock } from '#base/clock.ts';
import { createLogger } from '#telemetry/logger.ts';
import { findApptainer } from './find-apptainer.ts';

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
