import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { systemClock } from '#base/clock.ts';
import { kubeconfig } from './kubeconfig.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

test('the error for a user without a kubeconfig says where to put one', async () => {
  const home = await mkdtemp(join(tmpdir(), 'glidein-home-'));
  vi.stubEnv('HOME', home);
  vi.stubEnv('KUBECONFIG', undefined);
  await expect(kubeconfig({ clock: systemClock })).rejects.toMatchObject({
    code: 'InvalidArgument',
    message: expect.stringContaining('there is no kubeconfig'),
    cure: expect.stringContaining('~/.kube/config'),
  });
  await rm(home, { recursive: true });
});
