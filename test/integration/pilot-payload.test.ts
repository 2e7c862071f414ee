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

/** Command lines, of running processes, that contain `word`. */
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

  it('are offered a slot with what the group declares and what the node has', async () => {
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

  it('get their inputs, run the transferred program, and return new files, stdout and stderr', async () => {
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
  ])('report how `%s` ended', async (script, outcome) => {
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
  ])('are not started for a job with %s, which is held', async (_what, ad, holdCode, reason) => {
    const { outcome } = await pool.run(shell('exit 0', ad));
    expect(outcome).toMatchObject({ kind: 'startFailed', blame: 'job', holdCode });
    expect(outcome).toHaveProperty('reason', expect.stringMatching(reason));
  });

  it('do not start if the command is longer than the system takes, and the next one runs', async () => {
    const { outcome } = await pool.run(shell(`exit 0 # ${'x'.repeat(200_000)}`));
    expect(outcome).toMatchObject({ kind: 'startFailed', blame: 'job', holdCode: 6 });
    expect((await pool.run(shell('exit 4'))).outcome).toEqual({ kind: 'exited', exitCode: 4 });
  });

  it.each([
    ['a pipe', 'mkfifo'],
    ['a link to endless zeros', 'ln -s /dev/zero'],
  ])('end normally with %s in the place of the marker', async (_what, make) => {
    const script = `rm -f /tmp/.glidein-started; ${make} /tmp/.glidein-started; exit 5`;
    expect((await pool.run(shell(script))).outcome).toEqual({ kind: 'exited', exitCode: 5 });
  });

  it('do not start if the program is not a program, and the job is held', async () => {
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
  ])('do not start if a script has %s, and the reason says so', async (_what, script, reason) => {
    const { outcome } = await pool.run({
      ad: { Cmd: text('job.sh'), ContainerImage: text('hello') },
      inputs: [pool.file('job.sh', script, true)],
    });
    expect(outcome).toMatchObject({ kind: 'startFailed', blame: 'job', holdCode: 6 });
    expect(outcome).toHaveProperty('reason', expect.stringMatching(reason));
  });

  it('do not start if the pool does not have an input, and the job is held', async () => {
    const input = pool.file('gone.txt', 'soon gone');
    pool.blobs.delete(input.digest);
    const finished = await pool.run({ ...shell('exit 0'), inputs: [input] });
    expect(finished.outcome).toMatchObject({ kind: 'startFailed', blame: 'job', holdCode: 13 });
  });

  it('return the files and directories that the job names, and report which is missing', async () => {
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

  it('return both streams in one file, in the order in which they were written, if they have one name', async () => {
    const finished = await pool.run(
      shell('echo one; echo two >&2; echo three', { Out: text('job.log'), Err: text('job.log') }),
    );
    expect(pool.content(finished.stdout)).toBe('one\ntwo\nthree\n');
    expect(finished.stderr).toBeUndefined();
  });

  it('return the targets of links, and empty folders, and name what is left behind', async () => {
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

  it('return the beginning and the end of more than 100 MiB of output, with a notice', async () => {
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

  it('return nothing through a link out of the job’s directory', async () => {
    const finished = await pool.run(
      shell('ln -s ../environment link; ln -s /etc/passwd p; echo x > real; ln -s real l'),
    );
    expect(finished.outputs.map((file) => file.name)).toEqual(['l', 'real']);
    const named = await pool.run(shell('ln -s ../environment link', { TransferOutput: text('link') }));
    expect(named.outcome).toMatchObject({ kind: 'outputFailed' });
  });

  it('find the ads of their job and of their slot, and return neither these nor what is in TMPDIR', async () => {
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

  it('get an environment with odd characters, and nothing of the pilot’s own', async () => {
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

  it('read stdin from an input', async () => {
    const finished = await pool.run({
      ...shell('cat', { In: text('dir/lines') }),
      inputs: [pool.file('lines', 'a\nb\n')],
    });
    expect(pool.content(finished.stdout)).toBe('a\nb\n');
  });

  it('leave no daemon behind', async () => {
    const finished = await pool.run(shell('setsid sleep 98765 >/dev/null 2>&1 & sleep 0.1; exit 3'));
    expect(finished.outcome).toEqual({ kind: 'exited', exitCode: 3 });
    expect(await processesWith('98765')).toEqual([]);
  });

  it('end at a stop if they obey, and are killed after the grace if they do not', async () => {
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
  ] as const)('get, if the cause of their stop is %s, SIG%s as their job asks', async (cause, name) => {
    expect(await lastWordOf(kills, cause)).toBe(`up\n${name}\n`);
  });

  it('get SIGTERM, whatever the cause of their stop, if their job names no signal', async () => {
    expect(await lastWordOf({ KillSig: text('SIGUSR1') }, 'remove')).toBe('up\nTERM\n');
  });

  it.each([
    [{ WantGracefulRemoval: 'false' }, 'remove'],
    [{ KillSig: text('SIGKILL') }, 'vacate'],
  ] as const)('get no signal before SIGKILL with %j, and leave nothing behind', async (ad, cause) => {
    expect(await lastWordOf(ad, cause)).toBe('up\n');
    expect(await processesWith('trap "echo USR1')).toEqual([]);
  });

  it('run for two claims at once with one download of their common input', async () => {
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

  it('run once for a claim, however often it is started', async () => {
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

  it('get inputs and return outputs with odd names, empty ones and folders', async () => {
    const odd = ['-rf', 'two\nlines', 'ünïcode ✓', 'n'.repeat(255), '.hidden', ' blank ', 'a/b/c*', '$HOME'];
    const inputs = odd.map((name) => pool.file(name, name === '-rf' ? '' : `in ${name}`));
    const script = 'mkdir out out/empty; cp -r ./* ./.hidden out 2>/dev/null; rm -r out/out; ls out | wc -l';
    const finished = await pool.run({ ...shell(script, { TransferOutput: text('out') }), inputs });
    expect(finished.outcome).toEqual({ kind: 'exited', exitCode: 0 });
    const outputs = new Map(finished.outputs.map((file) => [file.name, pool.content(file)]));
    expect([...outputs.keys()].sort()).toEqual(odd.map((name) => `out/${name}`).sort());
    for (const { name, size } of inputs)
      expect(outputs.get(`out/${name}`)).toBe(size === 0 ? '' : `in ${name}`);
    expect(finished.folders).toEqual(['out/empty']);
  });

  it('show, while they run, what they have printed', async () => {
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

  it('show, while they run, everything that they have printed so far, piece by piece', async () => {
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

  it('have their result kept while the pool is away, and sent until it is recorded', async () => {
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
