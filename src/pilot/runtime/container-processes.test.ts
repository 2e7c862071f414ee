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

it("the processes of a container are those of its payload, without Apptainer's two", () => {
  expect(containerProcesses(outer.pid!)).toHaveLength(2);
});

it('the processes of a container are the same on a kernel without lists of children', () => {
  const found = new Set(containerProcesses(outer.pid!, childrenInTable()));
  expect(found).toEqual(new Set(containerProcesses(outer.pid!)));
});

it('a container that has ended has no processes', () => {
  expect(containerProcesses(2 ** 22 + 1)).toEqual([]);
});
