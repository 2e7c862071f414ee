import { spawn } from 'node:child_process';
import { expect, it } from 'vitest';
import { parseStat, processTable, stillThere, treeOf } from './process-tree.ts';

const entry = (pid: number, parent: number, session: number) => ({
  pid,
  parent,
  session,
  startedAt: `${pid}0`,
  zombie: false,
});

it('a process whose name contains blanks and parentheses is read', () => {
  const line = `42 (a) b (c) S 7 42 42 0 -1 4194560 ${'0 '.repeat(12)}98765 0 0`;
  expect(parseStat(line)).toEqual({ pid: 42, parent: 7, session: 42, startedAt: '98765', zombie: false });
  expect(parseStat('')).toBeUndefined();
});

it('a process tree contains the session and all descendants, even those that left the session', () => {
  const table = [
    entry(10, 1, 10),
    entry(11, 10, 10),
    entry(12, 11, 12),
    entry(13, 12, 13),
    entry(20, 1, 20),
    entry(14, 1, 10),
  ];
  expect(
    treeOf(10, table)
      .map(({ pid }) => pid)
      .sort((a, b) => a - b),
  ).toEqual([10, 11, 12, 13, 14]);
});

it('a process is not mistaken for a later one with the same number', () => {
  expect(stillThere([entry(5, 1, 1)], [{ ...entry(5, 1, 1), startedAt: '999' }])).toEqual([]);
  expect(stillThere([entry(5, 1, 1)], [entry(5, 9, 9)])).toHaveLength(1);
});

it('the processes of this machine are read', async () => {
  const child = spawn('sleep', ['30'], { detached: true, stdio: 'ignore' });
  const tree = treeOf(child.pid ?? 0, processTable());
  expect(tree.map(({ pid }) => pid)).toEqual([child.pid]);
  child.kill('SIGKILL');
});
