import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Tier } from '../../runtime/apptainer.ts';
import { placeWaitStatus, readWaitStatus, waitStatusNames } from '../../runtime/wait-status.ts';
import { programs } from '../../runtime/wait-status-programs.ts';
import { markerName, readMarker, withMarker } from './first-step.ts';

const directory = mkdtempSync(join(tmpdir(), 'glidein-marker-'));
afterAll(() => rmSync(directory, { recursive: true }));
writeFileSync(join(directory, 'not-executable'), '#!/bin/sh\n', { mode: 0o644 });

/** Images bring different shells. */
const shells = ['/bin/dash', '/bin/bash', '/bin/sh'].filter((shell) => existsSync(shell));

function run(shell: string, command: string[]) {
  const marker = join(directory, 'marker');
  rmSync(marker, { force: true });
  const here = (text: string) =>
    text
      .replaceAll(`/tmp/${markerName}`, marker)
      .replaceAll(`/tmp/${waitStatusNames.program}`, join(directory, waitStatusNames.program))
      .replaceAll(`/tmp/${waitStatusNames.gate}`, join(directory, waitStatusNames.gate))
      .replaceAll(`/tmp/${waitStatusNames.record}`, join(directory, waitStatusNames.record));
  const [, ...words] = withMarker('A', '/srv', command);
  const { status, stdout, signal } = spawnSync(shell, words.map(here), { encoding: 'utf8' });
  return {
    status,
    signal,
    stdout,
    marker: readMarker(existsSync(marker) ? readFileSync(marker, 'utf8') : undefined),
  };
}

describe.each(shells)('the first step in %s', (shell) => {
  it('runs the command below a parent that reports its end, where the parent can run', async () => {
    placeWaitStatus(directory);
    expect(run(shell, ['/bin/sh', '-c', 'kill -9 $$'])).toMatchObject({ status: 137, marker: 'ran' });
    expect(readWaitStatus(directory)).toMatchObject({ signal: 9 });
    expect(run(shell, ['/bin/sh', '-c', 'echo "$HOME" "$1"; exit 137', 'sh', 'a  b'])).toMatchObject({
      status: 137,
      stdout: '/srv a  b\n',
    });
    expect(readWaitStatus(directory)).toMatchObject({ exitCode: 137 });
    expect(run(shell, ['/no/such'])).toMatchObject({ status: 127, marker: 'notExecuted' });
    rmSync(join(directory, waitStatusNames.program));
  });

  it('becomes the command, and passes on its arguments and HOME', () => {
    expect(run(shell, ['/bin/sh', '-c', 'echo "$HOME" "$1"; exit 5', 'sh', 'a  b'])).toEqual({
      status: 5,
      signal: null,
      stdout: '/srv a  b\n',
      marker: 'ran',
    });
    expect(run(shell, ['/bin/sh', '-c', 'kill -9 $$'])).toMatchObject({ signal: 'SIGKILL', marker: 'ran' });
    expect(run(shell, ['/bin/sh', '-c', 'exit 127'])).toMatchObject({ status: 127, marker: 'ran' });
  });

  it('gives the command the usual umask, whatever the pilot has', () => {
    const before = process.umask(0o077);
    try {
      expect(run(shell, ['/bin/sh', '-c', 'umask']).stdout).toBe('0022\n');
    } finally {
      process.umask(before);
    }
  });

  it('makes the kernel kill the command before the pilot', () => {
    expect(run(shell, ['/bin/cat', '/proc/self/oom_score_adj']).stdout).toBe('800\n');
  });

  it('reports that a command was not found or not executable', () => {
    expect(run(shell, ['/no/such'])).toMatchObject({ status: 127, marker: 'notExecuted' });
    expect(run(shell, ['no-such-command'])).toMatchObject({ status: 127, marker: 'notExecuted' });
    expect(run(shell, [join(directory, 'not-executable')])).toMatchObject({
      status: 126,
      marker: 'notExecuted',
    });
  });
});

describe.skipIf(programs[process.arch] === undefined)('the first step', () => {
  const step = (tier: Tier) => {
    const marker = join(directory, 'marker');
    rmSync(marker, { force: true });
    const words = withMarker(tier, '/srv', ['/bin/readlink', '/proc/self/ns/user']).map((text) =>
      text
        .replaceAll('/tmp/.glidein', join(directory, '.glidein'))
        .replaceAll(join(directory, markerName), marker),
    );
    const [shell = '', ...rest] = words;
    return { ...spawnSync(shell, rest, { encoding: 'utf8' }), isMarked: existsSync(marker) };
  };

  it.each(['A', 'B'] as const)('runs the command of tier %s in a user namespace of its own', async (tier) => {
    placeWaitStatus(directory);
    const { stdout, isMarked } = step(tier);
    expect(stdout).toMatch(/^user:/);
    expect(stdout.trim()).not.toBe(readlinkSync('/proc/self/ns/user'));
    expect(isMarked).toBe(true);
  });

  it('runs the command without a parent in tier A, and in tier B not at all', () => {
    rmSync(join(directory, waitStatusNames.program), { force: true });
    expect(step('A').stdout.trim()).toBe(readlinkSync('/proc/self/ns/user'));
    expect(step('B')).toMatchObject({ status: 125, stdout: '', isMarked: false });
    expect(step('B').stderr).toMatch(/FATAL: .* user namespace of its own/);
  });
});
