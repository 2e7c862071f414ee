import { readdir, readFile } from 'node:fs/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { submitOf } from '#testing/ads.ts';
import { missingRuntime, PilotProcess, type PilotProcessOptions } from '#testing/pilot-process.ts';
import { PoolPeer } from '#testing/pool-peer.ts';
import { TestPool } from '#testing/test-pool.ts';
import { type JobView, jobsAnswer, submitAnswer } from '#wire/jobs.ts';

const missing = await missingRuntime();

/** All processes of this machine: the words of their command lines, by pid. */
async function processes(): Promise<ReadonlyMap<number, string>> {
  const pids = (await readdir('/proc')).filter((name) => /^[0-9]+$/.test(name)).map(Number);
  const lines = await Promise.all(
    pids.map(async (pid) => [pid, await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')] as const),
  );
  return new Map(lines);
}

/** How many processes have `word` in their command lines. */
const countOf = async (word: string) =>
  [...(await processes()).values()].filter((line) => line.includes(word)).length;

/** The pid of a pilot's guardian, which is its child. */
async function guardianOf({ child }: PilotProcess): Promise<number> {
  const threads = await readdir(`/proc/${child.pid}/task`);
  const lists = await Promise.all(
    threads.map((thread) => readFile(`/proc/${child.pid}/task/${thread}/children`, 'utf8')),
  );
  const children = lists.join(' ').trim();
  const all = await processes();
  const found = children
    .split(' ')
    .map(Number)
    .find((pid) => all.get(pid)?.includes('read -r verb group'));
  if (found === undefined) throw new Error('the pilot has no guardian');
  return found;
}

/** The pids of its launcher, and of the outer process of each payload. */
async function launchersOf({ directory }: PilotProcess): Promise<number[]> {
  const all = [...(await processes())];
  return all.filter(([, command]) => command.startsWith(`${directory}/.glidein-launch`)).map(([pid]) => pid);
}

describe.skipIf(missing !== undefined)(`a pilot that is ended${missing ? ` (${missing})` : ''}`, () => {
  const cleanups: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  /** A real pool and a real pilot of ten cores, where ten payloads run that have `word` in their command lines. */
  async function tenPayloads(word: string, onTerm: string, options: Partial<PilotProcessOptions> = {}) {
    const pool = await TestPool.start({ leaseSeconds: 4 });
    cleanups.push(() => pool.destroy());
    const start = async (more: Partial<PilotProcessOptions>) => {
      const uid = more.uid ?? 'uid-1';
      const pilot = await PilotProcess.start({
        url: pool.url,
        token: await pool.token('pilot', uid),
        ...more,
        spec: { cpus: 10, memory: '4Gi', ...more.spec },
      });
      cleanups.push(() => pilot.destroy());
      return pilot;
    };
    const pilot = await start(options);
    const alice = pool.client('submitter', 'alice');
    const script = `trap "${onTerm}" TERM; sleep ${word} & while :; do wait; sleep 0.1; done`;
    const ad = {
      Cmd: '"/bin/sh"',
      Arguments: JSON.stringify(`-c '${script}'`),
      TransferExecutable: 'false',
      ContainerImage: '"hello"',
      RequestMemory: '64',
    };
    await alice.json('/v1/jobs', submitAnswer, { method: 'POST', json: submitOf(10, ad) });
    // Each payload is a shell that becomes neither apptainer nor its parent, and a sleep.
    await expect.poll(() => countOf(`sleep\0${word}`), { timeout: 60_000 }).toBe(10);
    const jobs = async (): Promise<readonly JobView[]> => (await alice.json('/v1/jobs', jobsAnswer)).jobs;
    return { pilot, start, jobs };
  }

  const reasonsOf = (jobs: readonly JobView[]) =>
    jobs.map(({ attempts }) => {
      const [first] = attempts;
      return first?.outcome?.kind === 'stopped' ? first.outcome.reason : first?.reason;
    });

  it.each([
    ['30s', 'obey', 'sleep 0.3; exit 3', '98111'],
    ['2s', 'ignore it', '', '98112'],
  ])(
    'by SIGTERM, with a grace of %s, loses none of ten payloads that %s: all wait again with the reason',
    async (grace, _what, onTerm, word) => {
      const { pilot, jobs } = await tenPayloads(word, onTerm, { spec: { lifetimes: { grace } } });
      pilot.child.kill('SIGTERM');
      expect(await pilot.exit).toEqual({ code: 0, signal: null });
      expect(await countOf(word)).toBe(0);
      const ended = await jobs();
      expect(reasonsOf(ended)).toEqual(Array(10).fill('the pilot leaves: SIGTERM'));
      expect(ended.map(({ ad }) => ad.JobStatus)).toEqual(Array(10).fill('1'));
    },
  );

  it('by SIGKILL two seconds after SIGTERM, as by a kubelet, loses no job and leaves no process', async () => {
    const { pilot, jobs } = await tenPayloads('98113', '', { spec: { lifetimes: { grace: '30s' } } });
    pilot.child.kill('SIGTERM');
    await new Promise((resolve) => setTimeout(resolve, 2000));
    pilot.child.kill('SIGKILL');
    await pilot.exit;
    await expect.poll(() => countOf('98113')).toBe(0);
    await expect
      .poll(async () => (await jobs()).map(({ ad }) => ad.JobStatus), { timeout: 30_000 })
      .toEqual(Array(10).fill('1'));
    expect(new Set(reasonsOf(await jobs()))).toEqual(
      new Set(['the pilot was silent for longer than its lease of 4 s']),
    );
  });

  it('together with its guardian and its launcher leaves its payloads to the next pilot there, which sweeps them before it registers', async () => {
    const { pilot, start, jobs } = await tenPayloads('98114', '');
    const watchers = [await guardianOf(pilot), ...(await launchersOf(pilot))];
    pilot.child.kill('SIGSTOP');
    // None of them may notice the end of another.
    for (const signal of ['SIGSTOP', 'SIGKILL']) for (const pid of watchers) process.kill(pid, signal);
    pilot.child.kill('SIGKILL');
    await pilot.exit;
    expect(await countOf('98114')).toBeGreaterThanOrEqual(10);
    const next = await start({ uid: 'uid-2', root: pilot.root });
    await expect.poll(() => next.log).toContain('"registered"');
    expect(next.log).toContain('an earlier pilot was killed here');
    expect(await countOf('98114')).toBe(0);
    expect(await readdir(`${next.directory}/claims`).catch(() => [])).toEqual([]);
    await expect
      .poll(async () => (await jobs()).map(({ attempts }) => attempts.length), { timeout: 40_000 })
      .toEqual(Array(10).fill(2));
    expect(new Set(reasonsOf(await jobs()))).toEqual(
      new Set(['the pilot was silent for longer than its lease of 4 s']),
    );
  });

  it('after a payload has ended brings the result to the pool when it is started again', async () => {
    const pool = await PoolPeer.listen();
    cleanups.push(() => pool.close());
    const pilot = await PilotProcess.start({ url: pool.url });
    cleanups.push(() => pilot.destroy());
    const before = await pool.hello();
    const start = pool.startOf({
      ad: {
        Cmd: '"/bin/sh"',
        Arguments: '"-c \'echo done >f; exit 5\'"',
        TransferExecutable: 'false',
        ContainerImage: '"hello"',
      },
    });
    pool.send(start);
    const finished = await pool.finished(start.claim);
    pilot.child.kill('SIGKILL');
    await pilot.exit;
    const again = await PilotProcess.start({ url: pool.url, root: pilot.root });
    cleanups.push(() => again.destroy());
    const hello = await pool.hello(2);
    expect(hello).toMatchObject({ process: before.process, claims: [start.claim] });
    expect(hello.connection).toBeGreaterThan(before.connection ?? 0);
    const results = () => pool.heard.flatMap(({ message }) => (message.type === 'finished' ? [message] : []));
    await expect.poll(results).toEqual([finished, finished]);
    pool.send({ type: 'recorded', claim: start.claim });
    await expect.poll(() => readdir(`${again.directory}/results`)).toEqual([]);
  });
});
