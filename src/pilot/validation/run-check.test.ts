import { access, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { pilotOrder } from '#spec/pilot-order.ts';
import { runCheck } from './run-check.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'glidein-validation-'));
});
afterEach(() => rm(directory, { recursive: true }));

const apptainer = { path: '/nowhere/apptainer', version: '1.4.5', tier: 'A' } as const;

function runScript(script: string, more: object = {}, signal = new AbortController().signal) {
  const check = { name: 'gpu', command: ['/bin/sh', '-c', script], timeLimit: '20s', ...more };
  const order = pilotOrder.parse({
    name: 'pilot-1',
    uid: 'u',
    group: 'big',
    site: 'here',
    pool: { url: 'http://localhost', tokenFile: '/none' },
    directory,
    cacheDirectory: directory,
    spec: { cpus: 1, memory: '1Gi', runtime: { images: { path: [directory] } }, validation: [check] },
  });
  return runCheck(order.spec.validation[0]!, order, apptainer, signal);
}

it('a script that ends with 0 has passed, with its output, and finds who the pilot is but nothing of its environment', async () => {
  const { passed, stdout } = await runScript('echo "Who = \\"$GLIDEIN_Name of $GLIDEIN_Group\\""; env; pwd');
  expect(passed).toBe(true);
  expect(stdout).toContain('Who = "pilot-1 of big"');
  expect(stdout).not.toContain('HOME=');
  expect(stdout).toContain(`${directory}/validation-gpu-`);
  expect(await readdir(directory)).toEqual([]);
});

it('a script that fails has its exit code and its last lines as the reason', async () => {
  const run = await runScript('echo fine; printf "1\\n2\\n3\\nno device\\n" >&2; exit 7');
  expect(run).toMatchObject({ passed: false, reason: 'it ended with 7: 2; 3; no device' });
  expect((await runScript('echo only this; exit 1')).reason).toBe('it ended with 1: only this');
  expect((await runScript('kill -9 $$')).reason).toBe('it ended with SIGKILL');
  expect((await runScript('', { command: ['/nowhere/check'] })).reason).toContain('ENOENT');
});

it('a script that takes too long is killed with what it has started', async () => {
  const witness = join(directory, 'witness');
  const began = performance.now();
  const run = await runScript(`(sleep 2; touch ${witness}) & sleep 30`, { timeLimit: '300ms' });
  expect(run.reason).toBe('it did not end within 0.3 seconds');
  expect(performance.now() - began).toBeLessThan(2000);
  await new Promise((resolve) => setTimeout(resolve, 2000 - (performance.now() - began) + 300));
  await expect(access(witness)).rejects.toThrow('ENOENT');
});

it('a script that leaves a process behind does not keep the pilot waiting', async () => {
  const began = performance.now();
  expect((await runScript('sleep 30 & exit 0')).passed).toBe(true);
  expect(performance.now() - began).toBeLessThan(10_000);
});

it('nor does one that has left its group; what the script itself has said is all there', async () => {
  const began = performance.now();
  const run = await runScript('setsid sleep 5 & head -c 60000 /dev/zero | tr "\\0" x; echo; echo Last = 1');
  expect(run.passed).toBe(true);
  expect(run.stdout).toHaveLength(60_010);
  expect(run.stdout).toMatch(/x\nLast = 1\n$/);
  expect(performance.now() - began).toBeLessThan(4000);
});

it('a script whose image is missing fails with that reason', async () => {
  expect((await runScript('true', { image: 'missing' })).reason).toContain('missing');
});

it('endless output is cut', async () => {
  const run = await runScript('head -c 10000000 /dev/zero | tr "\\0" x; exit 3');
  expect(run.stdout.length).toBeLessThanOrEqual(65_536);
  expect(run.reason.length).toBeLessThan(500);
});

it('a script on a disk that takes nothing fails with the reason', async () => {
  const parent = directory;
  directory = join(parent, 'gone');
  const run = await runScript('true');
  directory = parent;
  expect(run).toMatchObject({ passed: false, reason: expect.stringContaining('ENOENT') });
});

it('a script ends at once if its pilot ends before it has begun', async () => {
  const run = await runScript('sleep 30', {}, AbortSignal.abort());
  expect(run.reason).toBe('it ended with SIGKILL');
});
