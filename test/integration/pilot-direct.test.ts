import { readdir, readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PilotProcess } from '#testing/pilot-process.ts';
import { PoolPeer, type TestJob } from '#testing/pool-peer.ts';

/** Processes whose command line has `word` in it. */
async function processesWith(word: string): Promise<number> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
  );
  return lines.filter((line) => line.includes(word)).length;
}

const quoted = (text: string) => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;

const job = (script: string, more: Record<string, string> = {}) => ({
  Cmd: '"/bin/sh"',
  Arguments: quoted(`-c '${script.replaceAll("'", "''")}'`),
  TransferExecutable: 'false',
  WantDirect: 'true',
  ...more,
});

/** Starts a process that has left its session and its parent. The word is in its command line, and not in that of the payload. */
const daemon = (word: string) =>
  `(setsid /bin/sh -c 'sleep 600; : ${word.replace('-', "''-")}' >/dev/null 2>&1 &)`;

describe('payloads without containers', () => {
  let pool: PoolPeer;
  let pilot: PilotProcess;

  const start = async () =>
    await PilotProcess.start({
      url: pool.url,
      spec: {
        runtime: { mode: 'Direct', limits: { processes: 40, openFiles: 100 } },
        lifetimes: { grace: '1s' },
      },
      // No node of tier C has a working one.
      apptainer: '/bin/false',
      environment: { PATH: process.env.PATH ?? '', GLIDEIN_TEST_SECRET: 'of the pilot' },
    });

  beforeAll(async () => {
    pool = await PoolPeer.listen();
    pilot = await start();
    await pool.hello();
  });
  afterAll(async () => {
    await pilot.destroy();
    await pool.close();
  });

  const begun = (started: TestJob) => {
    const message = pool.startOf(started);
    pool.send(message);
    return message;
  };

  it('are offered as such, to jobs only that ask for them', async () => {
    expect((await pool.hello()).slot).toMatchObject({
      HasDirect: 'true',
      HasContainer: 'false',
      HasApptainer: 'false',
      GLIDEIN_RuntimeTier: '"Direct"',
      Requirements: 'Start && (TARGET.WantDirect is true)',
    });
  });

  it.each([
    ['that does not ask for it', { WantDirect: 'undefined' }, /does not say \+WantDirect/],
    ['that wants an image', { ContainerImage: '"hello"' }, /wants the image hello/],
  ])('are refused to a job %s, which runs elsewhere', async (_what, ad, reason) => {
    const { outcome } = await pool.run({ ad: job('exit 0', ad) });
    expect(outcome).toMatchObject({
      kind: 'startFailed',
      blame: 'pilot',
      reason: expect.stringMatching(reason),
    });
  });

  it('run in a directory of their own, with the environment of a job and nothing of the pilot', async () => {
    const script =
      'pwd; cat in.txt; umask; ulimit -c; ulimit -n; cat /proc/self/oom_score_adj; test -s $_CONDOR_JOB_AD && echo ad; echo "$A $HOME"; env | grep -c SECRET; echo kept > $TMPDIR/t; echo out > out.txt; exit 3';
    const finished = await pool.run({
      ad: job(script, { Environment: '"A=\'x y\'"', Env: 'undefined' }),
      inputs: [pool.file('in.txt', 'some input\n')],
    });
    expect(finished.outcome).toEqual({ kind: 'exited', exitCode: 3 });
    expect(finished.outputs.map(({ name }) => name)).toEqual(['out.txt']);
    const lines = pool.content(finished.stdout).split('\n');
    const [directory = ''] = lines;
    expect(directory).toContain(`${pilot.directory}/claims/`);
    expect(lines.slice(1)).toEqual([
      'some input',
      '0022',
      '0',
      '116',
      '800',
      'ad',
      `x y ${directory}`,
      '0',
      '',
    ]);
    expect(pool.content(finished.stderr)).toBe('');
  });

  it.each([
    ['exit 255', { kind: 'exited', exitCode: 255 }],
    ['kill -9 $$', { kind: 'signalled', signal: 'SIGKILL' }],
    ['kill -64 $$', { kind: 'signalled', signal: 'SIG64' }],
    ['kill -9 $PPID; sleep 0.2; exit 4', { kind: 'signalled' }],
  ])('report how `%s` ended', async (script, outcome) => {
    expect((await pool.run({ ad: job(script) })).outcome).toMatchObject(outcome);
  });

  it('are not started if their command does not exist', async () => {
    const { outcome } = await pool.run({ ad: job('', { Cmd: '"/bin/no-such"' }) });
    expect(outcome).toMatchObject({ kind: 'startFailed', blame: 'job', holdCode: 6 });
  });

  it.each([
    ['ends', `${daemon('left-at-end')}; sleep 0.2`, 'left-at-end', { kind: 'exited' }],
    ['kills its parent', `${daemon('left-by-killer')}; sleep 0.2; kill -9 $PPID`, 'left-by-killer', {}],
    [
      'forks without end',
      `${daemon('left-by-bomb')}; for i in $(seq 60); do sleep 600 & done; wait`,
      'left-by-bomb',
      { kind: 'exceeded', holdCode: 34, subcode: 105 },
    ],
    [
      'takes too much memory',
      `${daemon('left-by-glutton')}; head -c 400000000 /dev/zero | tail | sleep 600`,
      'left-by-glutton',
      { kind: 'exceeded', holdCode: 34, subcode: 102 },
    ],
  ])('leave no process behind when one %s', async (_how, script, word, outcome) => {
    const finished = await pool.run({ ad: job(script), resources: { memory: 64 } });
    expect(finished.outcome).toMatchObject(outcome);
    expect(await processesWith(word)).toBe(0);
  });

  it('are stopped with their grace, and then killed with all that they have started', async () => {
    const { claim } = begun({
      ad: job(`trap 'echo stopped' TERM; ${daemon('left-at-stop')}; while :; do sleep 0.1; done`),
    });
    await pool.next('started', (started) => started.claim.id === claim.id);
    await expect.poll(() => processesWith('left-at-stop')).toBeGreaterThan(0);
    pool.send({ type: 'stop', claim, reason: 'removed' });
    const finished = await pool.next('finished', (each) => each.claim.id === claim.id);
    expect(finished.outcome).toMatchObject({ kind: 'stopped' });
    expect(pool.content(finished.stdout)).toContain('stopped');
    expect(await processesWith('left-at-stop')).toBe(0);
  });

  it('die with their pilot when that is killed', async () => {
    const { claim } = begun({ ad: job(`${daemon('left-by-pilot')}; sleep 600`) });
    await pool.next('started', (started) => started.claim.id === claim.id);
    await expect.poll(() => processesWith('left-by-pilot')).toBeGreaterThan(0);
    pilot.child.kill('SIGKILL');
    await expect.poll(() => processesWith('left-by-pilot')).toBe(0);
  });
});
