import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { EmbeddedPool } from '#backend/embedded-pool.ts';
import { eventually } from '#testing/eventually.ts';
import { ImageRegistry } from '#testing/image-registry.ts';
import { siteManifests } from '#testing/manifests.ts';
import { missingRuntime, testRuntime } from '#testing/pilot-process.ts';
import { UpPlace } from './up-process.ts';

const missing = await missingRuntime();

let place: UpPlace;
let registry: ImageRegistry;
afterEach(async () => {
  await place?.destroy();
  await registry?.stop();
});

it.skipIf(missing !== undefined)(
  `a pilot that starts for waiting jobs has the image of the second at hand before that one is matched${missing ? ` (${missing})` : ''}`,
  async () => {
    registry = await ImageRegistry.start();
    const hello = execFileSync('tar', ['-c', '-C', join(testRuntime.images, 'hello'), '.'], {
      maxBuffer: 2 ** 26,
    });
    const digests = await Promise.all(
      ['first', 'second'].map((word) => registry.push(`org/${word}:1`, [hello, { word: `${word}\n` }])),
    );
    const images = { remote: { registries: [`${registry.host}/org`] } };
    const pilot = { cpus: 1, memory: '512Mi', disk: '1Gi', runtime: { images } };
    place = await UpPlace.make(siteManifests(pilot, { maxPilots: 1 }));
    await place.up().ready();
    const cluster = await place.submit(`
      executable = /bin/sh
      transfer_executable = false
      arguments = "-c 'test $(word) = second || exec sleep 600; cat /word'"
      container_image = docker://${registry.host}/org/$(word):1
      request_memory = 128
      request_disk = 10M
      output = $(word).out
      queue word in (first, second)
    `);
    const { url, tokenFile } = JSON.parse(await readFile(join(place.state, 'endpoint.json'), 'utf8'));
    const pool = new EmbeddedPool({ url, token: () => readFile(tokenFile, 'utf8') }, 'local');
    const atHand = await eventually(async () => {
      const found = await pool.imagesAtHand(AbortSignal.timeout(5000));
      expect(found).toHaveLength(2);
      return found;
    });
    expect([...atHand].sort()).toEqual(digests.sort());
    await pool.close();
    const waiting = await place.glidein('q', '-af', 'ProcId', 'JobStatus', 'NumJobStarts');
    expect(waiting.out).toContain('1 1 0');
    registry.requests.length = 0;
    await place.glidein('rm', `${cluster}.0`);
    await eventually(async () => {
      expect(await readFile(join(place.directory, 'second.out'), 'utf8')).toBe('second\n');
    });
    expect(registry.requests).toEqual([]);
  },
);
