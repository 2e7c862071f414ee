import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { programs } from '../../runtime/launch-programs.ts';
import { Launcher } from '../../runtime/launcher.ts';
import { boundByKernel, countsByNamespace } from './kernel-bounds.ts';

it.each([
  ['6.18.44-fc', true],
  ['5.14.0-362.el9.x86_64', true],
  ['5.13.19', false],
  ['4.18.0-553.el8', false],
])('whether the kernel %s counts processes by user namespace: %s', (kernel, expected) => {
  expect(countsByNamespace(kernel)).toBe(expected);
});

it.skipIf(programs[process.arch] === undefined)(
  'a process is limited in its processes, open files and core files, and an old kernel leaves the first alone',
  async () => {
    const directory = mkdtempSync(join(tmpdir(), 'glidein-bounds-'));
    const launcher = new Launcher(directory);
    const run = launcher.bound.bind(launcher);
    const child = spawn('/bin/sleep', ['60'], { stdio: 'ignore' });
    onTestFinished(() => {
      child.kill('SIGKILL');
      launcher.close();
      rmSync(directory, { recursive: true });
    });
    await once(child, 'spawn');
    const limits = () => readFileSync(`/proc/${child.pid}/limits`, 'utf8');
    const before = /^Max processes .*$/m.exec(limits())?.[0] ?? '';
    const bounds = { memoryFiles: 1, processes: 77, openFiles: 99 };
    // It has no file systems of its own in memory, so these are not bound.
    expect(await boundByKernel(run, '4.18.0')(child.pid ?? 0, process.pid, bounds)).toEqual({
      isBound: false,
      isApart: false,
    });
    expect(limits()).toContain(before);
    expect(limits()).toMatch(/^Max open files +99 +99 /m);
    expect(limits()).toMatch(/^Max core file size +0 /m);
    await boundByKernel(run, '6.1.0')(child.pid ?? 0, process.pid, bounds);
    expect(limits()).toMatch(/^Max processes +77 +77 /m);
  },
);
