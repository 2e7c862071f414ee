import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { systemClock } from '#base/clock.ts';
import { pilotSpec } from '#spec/pilot.ts';
import { createLogger } from '#telemetry/logger.ts';
import { ResourceWatch } from '../payload/watch/resource-watch.ts';
import { Guardian } from '../runtime/guardian.ts';
import { Launcher } from '../runtime/launcher.ts';
import { ServiceInstance } from './service-instance.ts';

let directory: string;
let guardian: Guardian;
const logger = createLogger('service-test', { level: 'silent' });

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'glidein-service-'));
  await mkdir(join(directory, 'images/db'), { recursive: true });
  guardian = new Guardian(logger);
});
afterEach(async () => {
  guardian.close();
  await rm(directory, { recursive: true, force: true });
});

it('a service that is told to end while it is being started ends, even if its grace is over before it has a process', async () => {
  const path = join(directory, 'apptainer');
  await writeFile(path, "#!/bin/sh\ntrap '' TERM\nwhile :; do sleep 1; done\n");
  await chmod(path, 0o755);
  const spec = pilotSpec.parse({
    cpus: 2,
    memory: '1Gi',
    services: [{ name: 'db', image: 'db', command: ['db'], stop: { grace: '1ms' } }],
  });
  const own = { directory, clock: systemClock, logger };
  const instance = new ServiceInstance({
    service: spec.services[0]!,
    instance: 0,
    gpus: [],
    changed: () => {},
    context: {
      ...own,
      apptainer: { path, version: '1.4.5', tier: 'A' },
      guardian,
      images: { path: [join(directory, 'images')], allowed: [] },
      resources: new ResourceWatch({
        ...own,
        launcher: new Launcher(directory),
        diskFull: () => {},
        limits: spec.runtime.limits,
        cpus: 2,
      }),
      random: () => 0,
      own: [],
      ports: new Set(),
      cores: { wordsFor: () => [] },
    },
  });
  instance.start();
  await instance.stop();
  expect(instance.state.phase).toBe('Stopped');
});
