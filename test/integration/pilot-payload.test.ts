import { access, readdir, readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { claimDirectory } from '#pilot/payload/claim/claim-directory.ts';
import { missingRuntime, PilotProcess } from '#testing/pilot-process.ts';
import { PoolPeer, type TestJob } from '#testing/pool-peer.ts';

const missing = await missingRuntime();

/** Expressions of an ad: strings as ClassAd literals. */
const text = (value: string) =>
  `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n').replaceAll('\t', '\\t').replaceAll('\r', '\\r')}"`;

const shell = (script: string, more: Record<string, string> = {}): TestJob => ({
  ad: {
    Cmd: text('/bin/sh'),
    Arguments: text(`-c '${script.replaceAll("'", "''")}'`),
    TransferExecutable: 'false',
    ContainerImage: text('hello'),
    ...more,
  },
});

/** Command lines of the processes that now hold `word` in theirs. */
async function processesWith(word: string): Promise<string[]> {
  const names = (await readdir('/proc')).filter((name) => /^[0-9]+$/.test(name));
  const lines = await Promise.all(
    names.map((name) => readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '')),
  );
  return lines.filter((line) => line.includes(word));
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

describe.skipIf(missing !== undefined)(`payloads in real containers${missing ? ` (${missing})` : ''}`, () => {
  let pool: PoolPeer;
  let pilot: PilotProcess;

  beforeAll(async () => {
    pool = await PoolPeer.listen();
    pilot = await PilotProcess.start({ url: pool.url, spec: { lifetimes: { grace: '1s' } } });
    await pool.hello();
  });
  afterAll(async () => {
    await pilot.destroy();
    await pool.close();
  });

  it('offers a slot with what the group declares and what the node is', async () => {
    const hello = await pool.hello();
    expect(hello.slot).toMatchObject({
      Cpus: '2',
      Memory: '256',
      GLIDEIN_Group: '"test"',
      Name: '"pilot-1"',
      HasApptainer: 'true',
      GLIDEIN_RuntimeTier: expect.stringMatching(/"[AB]"/),
    });
    expect(pool.authorizations[0]).toBe('Bearer test-token');
  });

  it('brings inputs, runs the transferred program, returns new files, stdout and stderr', async () => {
    const script =
      '#!/bin/sh\ncat data/in.txt > out.txt; echo printed $1; echo complained >&2; touch empty\n';
    const finished = await pool.run({
      ad: {
        Cmd: text('/home/user/run.sh'),
        Arguments: text("'two words'"),
        ContainerImage: text('hello'),
      },
      inputs: [pool.file('run.sh', script, true), pool.file('data/in.txt', 'some input')],
    });
    expect(finished.outcome).toEqual({ kind: 'exited', exitCode: 0 });
    expect(finished.outputs.map((file) => file.name)).toEqual(['empty', 'out.txt']);
    expect(pool.content(finished.outputs[1])).toBe('some input');
    expect(pool.content(finished.stdout)).toBe('printed two words\n');
    expect(pool.content(finished.stderr)).toBe('complained\n');
    await pool.next('started', (started) => started.claim.id === finished.claim.id);
  });

  it.each([
    ['exit 0', { kind: 'exited', exitCode: 0 }],
    ['exit 7', { kind: 'exited', exitCode: 7 }],
    ['exit 255', { kind: 'exited', exitCode: 255 }],
    ['exit 127', { kind: 'exited', exitCode: 127 }],
    ['rm /tmp/.glidein-started; echo FATAL: user namespace >&2; exit 255', { kind: 'exited', exitCode: 255 }],
    ['exit 137', { kind: 'exited', exitCode: 137 }],
    ['exit 143', { kind: 'exited', exitCode: 143 }],
    ['kill -9 $$', { kind: 'signalled', signal: 'SIGKILL' }],
    ['kill -34 $$', { kind: 'signalled', signal: 'SIG34' }],
    ['kill -64 $$', { kind: 'signalled', signal: 'SIG64' }],
    ['kill -11 $$', { kind: 'signalled', signal: 'SIGSEGV' }],
  ])('reports the end of `%s`', async (script, outcome) => {
    expect((await pool.run(shell(script))).outcome).toEqual(outcome);
  });

  it.each([
    [
      'an image that is not there',
      { ContainerImage: text('helo') },
      35,
      /no image "helo".*images here:.*hello/,
    ],
    ['no image', { ContainerImage: 'undefined' }, 35, /names no image/],
    ['an image outside', { ContainerImage: text('/etc') }, 35, /not allowed/],
    ['a missing command', { Cmd: text('/bin/no-such') }, 6, /no-such did not start: it was not found/],
    ['a command without execute permission', { Cmd: text('/etc/passwd') }, 6, /cannot be executed/],
    ['a strange environment', { Environment: text('1x=2') }, 6, /"1x" cannot name/],
    ['a missing input for stdin', { In: text('nothing.txt') }, 8, /nothing.txt/],
  ])('holds a job with %s', async (_what, ad, holdCode, reason) => {
    const { outcome } = await pool.run(shell('exit 0', ad));
    expect(outcome).toMatchObject({ kind: 'startFailed', blame: 'job', holdCode });
    expect(outcome).toHaveProperty('reason', expect.stringMatching(reason));
  });

  it('holds a job whose command is longer than the system takes, and runs the next', async () => {
    const { outcome } = await pool.run(shell(`exit 0 # ${'x'.repeat(200_000)}`));
    expect(outcome).toMatchObject({ kind: 'startFailed', blame: 'job', holdCode: 6 });
    expect((await pool.run(shell('exit 4'))).outcome).toEqual({ kind: 'exited', exitCode: 4 });
  });

  it.each([
    ['a pipe', 'mkfifo'],
    ['a link to endless zeros', 'ln -s /dev/zero'],
  ])('is not held up by %s in the place of its marker', async (_what, make) => {
    const script = `rm -f /tmp/.glidein-started; ${make} /tmp/.glidein-started; exit 5`;
    expect((await pool.run(shell(script))).outcome).toEqual({ kind: 'exited', exitCode: 5 });
  });

  it('holds a job whose program is no program', async () => {
    const finished = await pool.run({
      ad: { Cmd: text('broken'), ContainerImage: text('hello') },
      inputs: [pool.file('broken', 'echo not executable', false)],
    });
    expect(finished.outcome).toMatchObject({ kind: 'startFailed', blame: 'job', holdCode: 6 });
  });

  it.each([
    [
      'Windows line endings',
      '#!/bin/sh\r\necho hi\r\n',
      /interpreter \/bin\/sh\^M of job.sh .*Windows line endings/,
    ],
    [
      'an interpreter that the image has not',
      '#!/opt/python\n',
      /interpreter \/opt\/python of job.sh does not/,
    ],
  ])('says of a script with %s what is wrong with it', async (_what, script, reason) => {
    const { outcome } = await pool.run({
      ad: { Cmd: text('job.sh'), ContainerImage: text('hello') },
      inputs: [pool.file('job.sh', script, true)],
    });
    expect(outcome).toMatchObject({ kind: 'startFailed', blame: 'job', holdCode: 6 });
    expect(outcome).toHaveProperty('reason', expect.stringMatching(reason));
  });

  it('holds a job whose input the pool has not', async () => {
    const input = pool.file('gone.txt', 'soon gone');
    pool.blobs.delete(input.digest);
    const finished = await pool.run({ ...shell('exit 0'), inputs: [input] });
    expect(finished.outcome).toMatchObject({ kind: 'startFailed', blame: 'job', holdCode: 13 });
  });

  it('returns named outputs: files, directories, and says which is missing', async () => {
    const made = await pool.run(
      shell('mkdir -p d/e; echo 1 > d/e/one; echo 2 > d/two; echo 3 > three; echo 4 > four', {
        TransferOutput: text('d, d/e/one, /srv/three'),
      }),
    );
    expect(made.outputs.map((file) => file.name)).toEqual(['d/e/one', 'd/two', 'one', 'three']);
    const lacking = await pool.run(shell('exit 0', { TransferOutput: text('never.dat') }));
    expect(lacking.outcome).toMatchObject({ kind: 'outputFailed', holdCode: 12 });
    expect(lacking.outcome).toHaveProperty('reason', expect.stringContaining('never.dat'));
  });

  it('brings both streams of one name in one file, in the order in which they were written', async () => {
    const finished = await pool.run(
      shell('echo one; echo two >&2; echo three', { Out: text('job.log'), Err: text('job.log') }),
    );
    expect(pool.content(finished.stdout)).toBe('one\ntwo\nthree\n');
    expect(finished.stderr).toBeUndefined();
  });

  it('brings what links lead to, empty folders, and names what it leaves behind', async () => {
    const script =
      'mkdir -p res/empty res/sub; echo 1 > res/run1.txt; ln -s run1.txt res/latest; ln -s nowhere res/broken; ln -s sub res/dir';
    const finished = await pool.run(shell(script, { TransferOutput: text('res') }));
    expect(finished.outputs.map((file) => file.name)).toEqual(['res/latest', 'res/run1.txt']);
    expect(finished.folders).toEqual(['res/empty', 'res/sub']);
    expect(finished.left).toEqual([
      { name: 'res/broken', reason: 'its target does not exist' },
      { name: 'res/dir', reason: 'it is a link to a folder' },
    ]);
  });

  it('brings the beginning and the end of more than 100 MiB of output, and says so', async () => {
    const finished = await pool.run({
      ...shell('yes 0123456789abcdef | head -c 150000000; echo; echo LAST'),
      resources: { disk: 400_000 },
    });
    expect(finished.stdout?.printed).toBe(150_000_006);
    const printed = pool.content(finished.stdout);
    expect(printed.length).toBeLessThanOrEqual(100 * 2 ** 20 + 160);
    expect(printed).toMatch(/\n\[glidein: [0-9]+ bytes are left out here; the job printed 150000006,/);
    expect(printed.endsWith('\nLAST\n')).toBe(true);
  });

  it('never follows a link out of the job directory', async () => {
    const finished = await pool.run(
      shell('ln -s ../environment link; ln -s /etc/passwd p; echo x > real; ln -s real l'),
    );
    expect(finished.outputs.map((file) => file.name)).toEqual(['l', 'real']);
    const named = await pool.run(shell('ln -s ../environment link', { TransferOutput: text('link') }));
    expect(named.outcome).toMatchObject({ kind: 'outputFailed' });
  });

  it('a job finds its own ad and that of its slot, and neither they nor what is in TMPDIR come back', async () => {
    const script =
      'echo x > $TMPDIR/left; cat $_CONDOR_JOB_AD $_CONDOR_MACHINE_AD; cmp .job.ad $_CONDOR_JOB_AD && echo $BATCH_SYSTEM $_CONDOR_SLOT';
    for (const outputs of [{}, { TransferOutput: text('./') }]) {
      const finished = await pool.run(shell(script, { Site: text('north'), ...outputs }));
      expect(finished.outcome).toEqual({ kind: 'exited', exitCode: 0 });
      const lines = pool.content(finished.stdout)?.split('\n');
      expect(lines).toEqual(
        expect.arrayContaining([
          'Site = "north"',
          'JobStatus = 2',
          'Name = "slot1_1@pilot-1"',
          'HasApptainer = true',
          'HTCondor slot1_1',
        ]),
      );
      expect([finished.outputs, finished.folders, finished.left]).toEqual([[], undefined, []]);
    }
  });

  it('hands over an environment with odd characters and nothing of its own', async () => {
    const values = {
      A: 'it\'s "x" $HOME $(id) `id` \\ a,b',
      B: 'two\nlines\t!',
      C: '',
      D: 'żółw # ;',
      HOME: '/tmp',
    };
    const environment = Object.entries(values)
      .map(([name, value]) => `'${name}=${value.replaceAll("'", "''")}'`)
      .join(' ');
    const finished = await pool.run(shell('cat /proc/self/environ', { Environment: text(environment) }));
    const seen = Object.fromEntries(
      pool
        .content(finished.stdout)
        .split('\0')
        .map((entry) => [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)]),
    );
    expect(seen).toMatchObject({ ...values, TMPDIR: '/srv/.tmp', OMP_NUM_THREADS: '1' });
    expect(Object.keys(seen)).not.toContain('GLIDEIN_TEST_APPTAINER');
    expect(seen.PATH).not.toBe(process.env.PATH);
  });

  it('reads stdin from an input', async () => {
    const finished = await pool.run({
      ...shell('cat', { In: text('dir/lines') }),
      inputs: [pool.file('lines', 'a\nb\n')],
    });
    expect(pool.content(finished.stdout)).toBe('a\nb\n');
  });

  it('leaves no daemon behind', async () => {
    const finished = await pool.run(shell('setsid sleep 98765 >/dev/null 2>&1 & sleep 0.1; exit 3'));
    expect(finished.outcome).toEqual({ kind: 'exited', exitCode: 3 });
    expect(await processesWith('98765')).toEqual([]);
  });

  it('stops a payload that obeys, and kills one that does not after the grace', async () => {
    const polite = pool.startOf(shell('trap "echo bye; exit 0" TERM; echo up; while :; do sleep 0.1; done'));
    const rude = pool.startOf(shell('trap "" TERM; echo up; sleep 87654'));
    pool.send(polite);
    pool.send(rude);
    for (const start of [polite, rude])
      await pool.next('started', ({ claim }) => claim.id === start.claim.id);
    await pause(300);
    const begun = performance.now();
    for (const start of [polite, rude]) pool.send({ type: 'stop', claim: start.claim, reason: 'removed' });
    const first = await pool.finished(polite.claim);
    const ended = pool.heard
      .filter(({ message }) => message.type === 'finished')
      .map(({ message }) => message);
    expect(ended).not.toContainEqual(expect.objectContaining({ claim: rude.claim }));
    expect(pool.content(first.stdout)).toBe('up\nbye\n');
    const second = await pool.finished(rude.claim);
    expect(performance.now() - begun).toBeGreaterThan(900);
    expect([first.outcome, second.outcome]).toEqual(Array(2).fill({ kind: 'stopped', reason: 'removed' }));
    expect(await processesWith('87654')).toEqual([]);
    for (const start of [polite, rude]) pool.send({ type: 'recorded', claim: start.claim });
  });

  const kills = { KillSig: text('SIGUSR1'), RemoveKillSig: text('SIGUSR2'), HoldKillSig: text('SIGQUIT') };
  const traps =
    'trap "echo USR1; exit" USR1; trap "echo USR2; exit" USR2; trap "echo QUIT; exit" QUIT; trap "echo TERM; exit" TERM; echo up; while :; do sleep 0.1; done';

  /** What a job that traps its signals prints when it is stopped. */
  async function lastWordOf(ad: Record<string, string>, cause?: 'vacate' | 'remove' | 'hold') {
    const start = pool.startOf(shell(traps, ad));
    pool.send(start);
    await pool.next('started', ({ claim }) => claim.id === start.claim.id);
    const { stdout } = claimDirectory(pilot.directory, start.claim);
    await expect.poll(() => readFile(stdout, 'utf8')).toBe('up\n');
    pool.send({ type: 'stop', claim: start.claim, reason: 'told to', ...(cause && { cause }) });
    const finished = await pool.finished(start.claim);
    pool.send({ type: 'recorded', claim: start.claim });
    expect(finished.outcome).toEqual({ kind: 'stopped', reason: 'told to' });
    return pool.content(finished.stdout);
  }

  it.each([
    ['vacate', 'USR1'],
    ['remove', 'USR2'],
    ['hold', 'QUIT'],
    [undefined, 'USR1'],
  ] as const)('a program whose stop has the cause %s sees SIG%s, as its job asks', async (cause, name) => {
    expect(await lastWordOf(kills, cause)).toBe(`up\n${name}\n`);
  });

  it('a program whose job names no signal sees SIGTERM, whyever it is stopped', async () => {
    expect(await lastWordOf({ KillSig: text('SIGUSR1') }, 'remove')).toBe('up\nTERM\n');
  });

  it.each([
    [{ WantGracefulRemoval: 'false' }, 'remove'],
    [{ KillSig: text('SIGKILL') }, 'vacate'],
  ] as const)('a job with %j sees no signal before SIGKILL, and leaves nothing behind', async (ad, cause) => {
    expect(await lastWordOf(ad, cause)).toBe('up\n');
    expect(await processesWith('trap "echo USR1')).toEqual([]);
  });

  it('runs two claims at once with one download of their common input', async () => {
    const input = pool.file('common.bin', Buffer.alloc(3_000_000, 'x'));
    const job = { ...shell('sleep 2; wc -c < common.bin; echo more >> common.bin'), inputs: [input] };
    const starts = [pool.startOf(job), pool.startOf(job)];
    for (const start of starts) pool.send(start);
    const ends = await Promise.all(starts.map((start) => pool.finished(start.claim)));
    const lastStart = Math.max(...ends.map(({ startedAt = Number.POSITIVE_INFINITY }) => startedAt));
    expect(lastStart).toBeLessThan(Math.min(...ends.map(({ endedAt }) => endedAt)));
    for (const end of ends) {
      expect(pool.content(end.stdout).trim()).toBe('3000000');
      expect(end.outputs.map((file) => file.name)).toEqual(['common.bin']);
    }
    expect(pool.downloads.get(input.digest)).toBe(1);
    for (const start of starts) pool.send({ type: 'recorded', claim: start.claim });
  });

  it('runs a claim once, however often it is told to', async () => {
    const start = pool.startOf(shell('echo ran; sleep 0.3'));
    pool.send(start);
    pool.send(start);
    await pool.next('started', ({ claim }) => claim.id === start.claim.id);
    pool.send(start);
    const finished = await pool.finished(start.claim);
    expect(pool.content(finished.stdout)).toBe('ran\n');
    const before = pool.heard.filter(({ message }) => message.type === 'finished').length;
    pool.send(start);
    await expect
      .poll(() => pool.heard.filter(({ message }) => message.type === 'finished').length)
      .toBe(before + 1);
    pool.send({ type: 'recorded', claim: start.claim });
    const directory = claimDirectory(pilot.directory, start.claim).root;
    await expect
      .poll(() =>
        access(directory).then(
          () => true,
          () => false,
        ),
      )
      .toBe(false);
  });

  it('shows what a running payload has printed', async () => {
    const start = pool.startOf(shell('echo 0123456789; sleep 30'));
    pool.send(start);
    await pool.next('started', ({ claim }) => claim.id === start.claim.id);
    await pause(200);
    pool.send({ type: 'peek', id: 'p1', claim: start.claim, stream: 'stdout', offset: 4 });
    pool.send({ type: 'peek', id: 'p2', claim: start.claim, stream: 'stderr', offset: 0 });
    await expect.poll(() => pool.peeks.get('p1')?.toString()).toBe('456789\n');
    await expect.poll(() => pool.peeks.get('p2')?.toString()).toBe('');
    pool.send({ type: 'stop', claim: start.claim, reason: 'enough' });
    await pool.finished(start.claim);
    pool.send({ type: 'recorded', claim: start.claim });
  });

  it('brings all that a running payload has printed, piece by piece, up to the end of that moment', async () => {
    const start = pool.startOf(shell('yes 0123456789abcde | head -c 3000000; echo LAST; sleep 30'));
    pool.send(start);
    await pool.next('started', ({ claim }) => claim.id === start.claim.id);
    let read = '';
    for (let piece = 0; !read.endsWith('LAST\n'); piece += 1) {
      const id = `piece-${piece}`;
      pool.send({ type: 'peek', id, claim: start.claim, stream: 'stdout', offset: read.length });
      await expect.poll(() => pool.peeks.get(id)).toBeDefined();
      read += pool.peeks.get(id)?.toString() ?? '';
    }
    expect(read).toBe(`${'0123456789abcde\n'.repeat(187_500)}LAST\n`);
    pool.send({ type: 'stop', claim: start.claim, reason: 'enough' });
    await pool.finished(start.claim);
    pool.send({ type: 'recorded', claim: start.claim });
  });

  it('keeps a result while the pool is away and says it again until it is recorded', async () => {
    const start = pool.startOf(shell('sleep 0.4; echo kept'));
    pool.send(start);
    await pool.next('started', ({ claim }) => claim.id === start.claim.id);
    pool.filesAway = true;
    pool.disconnect();
    await pause(1_000);
    pool.filesAway = false;
    const finished = await pool.finished(start.claim);
    expect(pool.content(finished.stdout)).toBe('kept\n');
    const hellos = pool.heard.filter(({ message }) => message.type === 'hello').length;
    pool.disconnect();
    const hello = await pool.hello(hellos + 1);
    expect(hello.claims).toContainEqual(start.claim);
    pool.send({ type: 'recorded', claim: start.claim });
  });
});
