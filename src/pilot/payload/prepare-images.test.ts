import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '#base/clock.ts';
import { GlideinError } from '#base/error.ts';
import { referenceText } from '#images/registry/reference.ts';
import { pilotSpec } from '#spec/pilot.ts';
import { ImagesAtHand } from '../images/images-at-hand.ts';
import type { Wanted, WarmContainers } from '../warm/warm-containers.ts';
import { type PrepareImagesContext, prepareImages } from './prepare-images.ts';

let root: string;
let fetched: string[];
let warmed: string[];
let context: PrepareImagesContext;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'glidein-prepare-'));
  await mkdir(join(root, 'hello/bin'), { recursive: true });
  fetched = [];
  warmed = [];
  const warm: Pick<WarmContainers, 'find'> = {
    find: async ({ image }: Wanted, name: string) => {
      warmed.push(`${name} ${image}`);
      return undefined;
    },
  };
  const { images } = pilotSpec.parse({
    cpus: 1,
    memory: '1Gi',
    runtime: { images: { path: [root], remote: { registries: ['ghcr.io/org'] } } },
  }).runtime;
  context = {
    images,
    remote: images.remote,
    fetched: {
      hold: async (reference) => {
        fetched.push(referenceText(reference));
        if (reference.repository === 'org/none') throw new GlideinError('NotFound', 'there is none');
        return {
          path: join(root, 'fetched'),
          release: async () => {
            fetched.push('released');
          },
        };
      },
    },
    fetchedFiles: { hold: () => Promise.reject(new Error('no file is fetched')) },
    imagesAtHand: new ImagesAtHand(() => {}),
    warm: warm as WarmContainers,
    mounts: async () => ({ mounts: [], absent: [] }),
    network: 'Shared',
    clock: systemClock,
    logger: pino({ level: 'silent' }),
  };
});
afterEach(() => rm(root, { recursive: true, force: true }));

const prepare = (names: readonly string[], more: Partial<PrepareImagesContext> = {}) =>
  prepareImages(names, { ...context, ...more }, new AbortController().signal);

describe('images that a group wants at hand', () => {
  it('are fetched and have a warm container before any job needs them, whether or not others can be had', async () => {
    await prepare(['docker://ghcr.io/org/none:1', 'hello', 'docker://ghcr.io/org/tool:1', 'nowhere']);
    expect(fetched).toEqual(['ghcr.io/org/none:1', 'ghcr.io/org/tool:1', 'released']);
    expect(warmed).toEqual([
      `hello ${join(root, 'hello')}`,
      `docker://ghcr.io/org/tool:1 ${join(root, 'fetched')}`,
    ]);
  });

  it('are only fetched where no container is kept warm, or payloads get none', async () => {
    await prepare(['docker://ghcr.io/org/tool:1'], { warm: undefined });
    await prepare(['docker://ghcr.io/org/tool:1'], { network: 'None' });
    expect(fetched).toEqual(['ghcr.io/org/tool:1', 'released', 'ghcr.io/org/tool:1', 'released']);
    expect(warmed).toEqual([]);
  });

  it('are left to jobs once the pilot leaves', async () => {
    await prepareImages(['hello'], context, AbortSignal.abort());
    expect(warmed).toEqual([]);
  });
});
