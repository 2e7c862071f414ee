import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ManualClock } from '#testing/manual-clock.ts';
import { inClusterConfig } from './cluster-config.ts';

let folder: string;
const environment = { KUBERNETES_SERVICE_HOST: '10.96.0.1', KUBERNETES_SERVICE_PORT: '443' };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'glidein-cluster-config-'));
  await writeFile(join(folder, 'ca.crt'), 'CERTIFICATE\n');
  await writeFile(join(folder, 'namespace'), 'physics');
  await writeFile(join(folder, 'token'), 'first\n');
});
afterAll(() => rm(folder, { recursive: true }));

test('the configuration in a pod is read from mounted files, and a renewed token is read again', async () => {
  const clock = new ManualClock();
  const config = await inClusterConfig({ clock, environment, folder });
  expect(config).toMatchObject({ server: 'https://10.96.0.1:443', ca: 'CERTIFICATE', namespace: 'physics' });
  expect(await config.token()).toBe('first');
  await writeFile(join(folder, 'token'), 'second');
  clock.advance(9_000);
  expect(await config.token()).toBe('first');
  clock.advance(2_000);
  expect(await config.token()).toBe('second');
});

test('a token that could not be read is read again at the next request', async () => {
  const clock = new ManualClock();
  const config = await inClusterConfig({ clock, environment, folder });
  await rm(join(folder, 'token'));
  await expect(config.token()).rejects.toThrow('cannot read token of the mounted service account');
  await writeFile(join(folder, 'token'), 'third');
  expect(await config.token()).toBe('third');
});

test('the address of an IPv6 API server has brackets', async () => {
  const config = await inClusterConfig({
    clock: new ManualClock(),
    environment: { KUBERNETES_SERVICE_HOST: 'fd00::1' },
    folder,
  });
  expect(config.server).toBe('https://[fd00::1]:443');
});

test('the configuration outside a pod is an error that says so', async () => {
  const clock = new ManualClock();
  await expect(inClusterConfig({ clock, environment: {}, folder })).rejects.toMatchObject({
    code: 'Unavailable',
  });
  const elsewhere = inClusterConfig({ clock, environment, folder: join(folder, 'none') });
  await expect(elsewhere).rejects.toThrow('cannot read ca.crt of the mounted service account');
});
