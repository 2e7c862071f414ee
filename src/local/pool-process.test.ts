import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { systemClock } from '#base/clock.ts';
import { createLogger } from '#telemetry/logger.ts';
import { eventually } from '#testing/eventually.ts';
import { PoolProcess } from './pool-process.ts';

vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

let root: string;
let pool: PoolProcess | undefined;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'glidein-pool-'));
  await mkdir(join(root, 'pool'));
  await writeFile(join(root, 'pool.json'), '{}');
});
afterEach(async () => {
  await pool?.stop();
  await rm(root, { recursive: true });
});

const realPool = [process.execPath, join(import.meta.dirname, '../bin/pool.ts')];

function poolOf(command: readonly string[] = realPool, port = 0): PoolProcess {
  pool = new PoolProcess({
    command,
    directory: join(root, 'pool'),
    logFile: join(root, 'pool.log'),
    spec: join(root, 'pool.json'),
    port,
    lease: '1m',
    clock: systemClock,
    random: () => 0,
    logger: createLogger('test', { level: 'silent' }),
  });
  return pool;
}

const answers = async (url: string) => (await fetch(`${url}/healthz`)).ok;

function listen(port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}

const close = (server: Server) => new Promise((done) => server.close(done));

it('a pool process serves, is restarted at the same address when it is killed, and ends when told', async () => {
  const process_ = poolOf();
  const url = await process_.start();
  expect(await answers(url)).toBe(true);
  const first = process_.pid ?? 0;
  process.kill(first, 'SIGKILL');
  await eventually(async () => {
    expect(process_.pid).not.toBe(first);
    expect(await answers(url)).toBe(true);
  });
  await process_.stop();
  await expect(answers(url)).rejects.toThrow();
  expect(() => process.kill(process_.pid ?? 0, 0)).toThrow();
});

it('a pool process comes back once its port, taken by somebody else, is free again', async () => {
  const process_ = poolOf();
  const url = await process_.start();
  const first = process_.pid ?? 0;
  process.kill(first, 'SIGKILL');
  const intruder = await eventually(() => listen(Number(new URL(url).port)));
  await eventually(async () =>
    expect(await readFile(join(root, 'pool.log'), 'utf8')).toContain('EADDRINUSE'),
  );
  await close(intruder);
  await eventually(async () => expect(await answers(url)).toBe(true));
});

it('a pool process says which port is in use', async () => {
  const intruder = await listen(0);
  const { port } = intruder.address() as { port: number };
  await expect(poolOf(realPool, port).start()).rejects.toMatchObject({
    code: 'Unavailable',
    message: expect.stringContaining(`127.0.0.1:${port}`),
    cure: 'stop what listens there, or choose another port with --port',
  });
  await close(intruder);
});

it.each([
  [['/nowhere/glidein-pool'], 'it logged nothing'],
  [['/bin/sh', '-c', 'echo first; echo no disk >&2; exit 3'], 'no disk'],
  [['/bin/sh', '-c', 'kill -9 $$'], 'it logged nothing'],
])('a pool that ends at once is reported with its last message: %j', async (command, words) => {
  await expect(poolOf(command).start()).rejects.toMatchObject({
    code: 'Unavailable',
    message: `the pool did not start: ${words}`,
  });
});

it('a pool process that is told to end is not restarted, even between two lives', async () => {
  const process_ = poolOf();
  await process_.start();
  const first = process_.pid ?? 0;
  process.kill(first, 'SIGKILL');
  await eventually(() => expect(() => process.kill(first, 0)).toThrow());
  await process_.stop();
  expect(() => process.kill(process_.pid ?? 0, 0)).toThrow();
});
