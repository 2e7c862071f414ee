import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { explainCommand } from './explain-command.ts';

const job = mkdtempSync(join(tmpdir(), 'glidein-explain-'));
afterAll(() => rmSync(job, { recursive: true }));
symlinkSync('/bin/sh', join(job, 'link'));

it.each([
  [
    'Windows line endings',
    '#!/bin/bash\r\necho hi\r\n',
    'the interpreter /bin/bash^M of script.sh does not exist in the image: the file has Windows line endings; convert it with dos2unix',
  ],
  [
    'a missing interpreter',
    '#! /usr/bin/python3 -u\nprint()\n',
    'the interpreter /usr/bin/python3 of script.sh does not exist in the image',
  ],
  [
    "a program of another system's",
    '\x7fELF\x02\x01\x01',
    "script.sh is a program whose loader is not in the image: it was built for a system other than the image's",
  ],
  ['no first line', 'echo hi\n', 'the command ./script.sh did not start: it was not found'],
])('a script with %s is explained better than by "not found"', async (_what, content, reason) => {
  writeFileSync(join(job, 'script.sh'), content, { mode: 0o755 });
  expect(await explainCommand('./script.sh', 127, job)).toBe(reason);
});

it.each([
  ['./gone', 127, 'the command ./gone did not start: it was not found'],
  ['./link', 127, 'the command ./link did not start: it was not found'],
  [
    '/bin/gone',
    127,
    'the command /bin/gone did not start: it was not found; if it lies on the machine that submits, write transfer_executable = true',
  ],
  ['./gone', 2, 'the command ./gone did not start: the shell exited with code 2'],
])('the failure of %s with code %s is explained by what the shell means', async (command, code, reason) => {
  expect(await explainCommand(command, code, job)).toBe(reason);
});

it('a script that is not executable is not blamed on its interpreter', async () => {
  writeFileSync(join(job, 'plain'), '#!/no/such\n', { mode: 0o644 });
  expect(await explainCommand('./plain', 126, job)).toMatch(
    /^the command .\/plain did not start: it cannot be/,
  );
});
