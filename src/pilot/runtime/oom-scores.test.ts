import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { expect, it, onTestFinished } from 'vitest';
import { OomScores } from './oom-scores.ts';

it('a raised score is lowered to what it was, and one that nobody has raised stays', async () => {
  const child = spawn('/bin/sleep', ['60'], { stdio: 'ignore' });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child, 'spawn');
  const path = `/proc/${child.pid}/oom_score_adj`;
  const before = readFileSync(path, 'utf8');
  const scores = new OomScores([child.pid ?? 0, 2 ** 30]);
  expect(scores.restore()).toBe(false);
  writeFileSync(path, '1000');
  expect(scores.restore()).toBe(true);
  expect(readFileSync(path, 'utf8')).toBe(before);
  expect(scores.restore()).toBe(false);
});
