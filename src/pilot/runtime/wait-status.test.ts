import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { digestOfSources } from '#testing/payload-sources.ts';
import {
  closeGate,
  openGate,
  parseWaitStatus,
  placeWaitStatus,
  readWaitStatus,
  waitStatusNames,
} from './wait-status.ts';
import { programs, sourceDigest } from './wait-status-programs.ts';

const directory = mkdtempSync(join(tmpdir(), 'glidein-wait-status-'));
const program = join(directory, waitStatusNames.program);
const gate = join(directory, waitStatusNames.gate);
const record = join(directory, waitStatusNames.record);

beforeAll(() => placeWaitStatus(directory));
afterAll(() => rmSync(directory, { recursive: true }));

/** Starts the program behind a closed gate and waits until it sleeps there. */
async function waiting(script: string): Promise<ChildProcess> {
  closeGate(directory);
  const child = spawn(program, [gate, record, '/bin/sh', '-c', script], { stdio: 'ignore' });
  onTestFinished(async () => {
    child.kill('SIGKILL');
    openGate(directory);
  });
  const status = () => readFileSync(`/proc/${child.pid}/status`, 'utf8');
  await vi.waitFor(() => expect(status()).toMatch(/^Name:\t\.glidein-wait-s\n(.*\n)*State:\tS/), 10_000);
  return child;
}

const run = (script: string) =>
  spawnSync(program, [gate, record, '/bin/sh', '-c', script], { encoding: 'utf8' });

it('the wait-status programs are compiled from the sources in hack/payload-programs', () => {
  expect(digestOfSources('wait-status.c')).toBe(sourceDigest);
});

describe.skipIf(programs[process.arch] === undefined)(`the parent of a payload (${process.arch})`, () => {
  /** How the program says that each of these scripts has ended. */
  const endsOf = (scripts: readonly string[]) => {
    const each = scripts.map(
      (script) => `${program} ${gate} ${record} /bin/sh -c '${script}'; cat ${record}; echo`,
    );
    const { stdout } = spawnSync('/bin/sh', ['-c', `ulimit -c 0; ${each.join('\n')}`], { encoding: 'utf8' });
    return stdout.split('\n').slice(0, -1).map(parseWaitStatus);
  };

  it('tells every exit code', () => {
    const codes = Array.from({ length: 256 }, (_, code) => code);
    expect(endsOf(codes.map((code) => `exit ${code}`)).map((end) => end?.exitCode)).toEqual(codes);
  });

  it('tells every signal that ends a process', () => {
    // These stop a process, let it go on, or are ignored.
    const others = new Set([17, 18, 19, 20, 21, 22, 23, 28]);
    const signals = Array.from({ length: 64 }, (_, number) => number + 1).filter(
      (signal) => !others.has(signal),
    );
    expect(endsOf(signals.map((signal) => `kill -${signal} $$`)).map((end) => end?.signal)).toEqual(signals);
  });

  it.each([
    ['exit 0', 0, { exitCode: 0 }],
    ['exit 137', 137, { exitCode: 137 }],
    ['exit 255', 255, { exitCode: 255 }],
    ['kill -9 $$', 137, { signal: 9 }],
    ['kill -15 $$', 143, { signal: 15 }],
    ['kill -34 $$', 162, { signal: 34 }],
    ['kill -64 $$', 192, { signal: 64 }],
  ])('tells `%s` from every other way to end', async (script, status, end) => {
    expect(run(script).status).toBe(status);
    expect(readWaitStatus(directory)).toMatchObject(end);
  });

  it('passes on signals, and does not change arguments, environment and signal mask', () => {
    const script = 'trap "echo got; exit 3" USR1; kill -USR1 $PPID; while :; do sleep 0.01; done';
    expect(run(script)).toMatchObject({ status: 3, stdout: 'got\n' });
    const masks = spawnSync(program, [gate, record, '/bin/grep', '-E', 'Sig(Blk|Ign)', '/proc/self/status'], {
      encoding: 'utf8',
    });
    expect(masks.stdout).toMatch(/SigBlk:\t0+\nSigIgn:\t0+\n/);
  });

  it('lets the payload inherit no file but stdin, stdout and stderr', () => {
    const args = [gate, record, '/bin/ls', '/proc/self/fd'];
    const stdio = ['ignore', 'pipe', 'inherit', 'pipe', 'pipe'] as const;
    const { stdout } = spawnSync(program, args, { encoding: 'utf8', stdio: [...stdio] });
    // The last is the folder that `ls` reads.
    expect(stdout.trim().split('\n')).toEqual(['0', '1', '2', '3']);
  });

  it.skipIf(!existsSync('/proc/keys'))(
    'gives the payload a session keyring of its own, with no key in it',
    () => {
      const idsIn = (keys: string) =>
        keys.split('\n').flatMap((line) => (line.includes(' _ses: empty') ? [line.split(' ', 1)[0]] : []));
      const before = idsIn(readFileSync('/proc/keys', 'utf8'));
      const { stdout } = spawnSync(program, [gate, record, '/bin/cat', '/proc/keys'], { encoding: 'utf8' });
      expect(idsIn(stdout).filter((id) => !before.includes(id))).not.toEqual([]);
    },
  );

  it('does not let a payload begin before the gate is open', async () => {
    const began = join(directory, 'began');
    const exit = once(await waiting(`: >${began}`), 'exit');
    expect(existsSync(began)).toBe(false);
    openGate(directory);
    expect(await exit).toEqual([0, null]);
    expect(existsSync(began)).toBe(true);
  });

  it('ends without beginning the payload if it is stopped before the gate is open', async () => {
    const child = await waiting('exit 3');
    const exit = once(child, 'exit');
    for (const signal of ['SIGCONT', 'SIGWINCH', 'SIGTERM'] as const) child.kill(signal);
    expect(await exit).toEqual([143, null]);
  });

  it('counts the processor time of the whole payload', async () => {
    run('sh -c "i=0; while [ \\$i -lt 50000 ]; do i=\\$((i+1)); done"');
    expect(readWaitStatus(directory)?.cpuSeconds).toBeGreaterThan(0.005);
    expect(readWaitStatus(directory)?.residentBytes).toBeGreaterThan(100_000);
  });

  it('exits with 0 when it is asked whether it can run here', () => {
    expect(spawnSync(program).status).toBe(0);
  });

  it.each([
    ['a link', () => symlinkSync('/etc/hostname', record)],
    ['a folder', () => mkdirSync(record)],
    ['other words', () => writeFileSync(record, '137 and more')],
  ])('is not believed when %s has replaced its record', async (_what, make) => {
    rmSync(record, { recursive: true, force: true });
    make();
    expect(readWaitStatus(directory)).toBeUndefined();
    rmSync(record, { recursive: true, force: true });
  });
});

it.each(['', '1 2 3', '1 2 3 4', '-1 2 3 4 ', 'x'.repeat(200)])(
  '"%s" is not read as a wait-status record',
  (text) => {
    expect(parseWaitStatus(text)).toBeUndefined();
  },
);
