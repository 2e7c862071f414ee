import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { childrenInTable, containerProcesses } from './container-processes.ts';

let outer: ChildProcess;
/** Like a container: a process, its only child, and the payload below that. */
const nested = "sh -c 'sleep 60 & sleep 60 & echo up; wait; :' & wait; :";

beforeEach(async () => {
  outer = spawn('/bin/sh', ['-c', nested], { stdio: ['ignore', 'pipe', 'ignore'], detached: true });
  await once(outer.stdout!, 'data');
});
afterEach(async () => {
  process.kill(-outer.pid!, 'SIGKILL');
  await once(outer, 'exit');
});

it("finds the payload's processes, without the two of the runtime", () => {
  expect(containerProcesses(outer.pid!)).toHaveLength(2);
});

it('finds the same where the kernel has no lists of children', () => {
  const found = new Set(containerProcesses(outer.pid!, childrenInTable()));
  expect(found).toEqual(new Set(containerProcesses(outer.pid!)));
});

it('finds nothing of a process that has ended', () => {
  expect(containerProcesses(2 ** 22 + 1)).toEqual([]);
});
