import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { claimDirectory } from '#pilot/payload/claim/claim-directory.ts';
import { missingRuntime, PilotProcess, testRuntime } from '#testing/pilot-process.ts';
import { PoolPeer, type TestJob } from '#testing/pool-peer.ts';
import { rememberTier } from '#testing/remember-tier.ts';
import type { Finished } from '#wire/pilot-messages.ts';

const missing = await missingRuntime();
/** How payloads are contained. Every attack below is tried in each of these settings. */
const settings = [
  { tier: 'A', mode: 'fresh' },
  { tier: 'B', mode: 'fresh' },
  { tier: 'A', mode: 'warm' },
  { tier: 'B', mode: 'warm' },
] as const;

/** What the pilot has and payloads must not learn. */
const secrets = ['token-of-the-pilot-5b1c', 'environment-of-the-pilot-77aa'] as const;

const literal = (value: string) => `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;

/** What the attacker of a test gets: 64 MiB of memory and 20 MiB of disk were asked for. */
const shell = (script: string, ad: TestJob['ad'] = {}, resources: TestJob['resources'] = {}): TestJob => ({
  ad: {
    Cmd: '"/bin/sh"',
    Arguments: literal(`-c '${script.replaceAll("'", "''")}'`),
    TransferExecutable: 'false',
    ContainerImage: '"hello"',
    RequestMemory: '64',
    RequestDisk: '20480',
    ...ad,
  },
  resources: { memory: 64, disk: 20_480, ...resources },
});

/** Runs until there is a file `go`, and prints what has become of its own files. */
const innocent = shell(
  'for f in f /tmp/f /dev/shm/f; do echo mine >$f; done; until [ -e go ]; do sleep 0.1; done; cat f /tmp/f /dev/shm/f; ls /dev/shm /tmp',
);

/** The processes of payloads on this machine: the words are in their command lines. */
async function processesWith(word: string): Promise<string[]> {
  const names = (await readdir('/proc')).filter((name) => /^[0-9]+$/.test(name));
  const lines = await Promise.all(
    names.map((name) => readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '')),
  );
  return lines.filter((line) => line.includes(word));
}

const exceeded = (subcode: number, reason: RegExp) => ({
  kind: 'exceeded',
  holdCode: 34,
  subcode,
  reason: expect.stringMatching(reason),
});

describe.skipIf(missing !== undefined).each(settings)(
  `hostile payloads in tier $tier, in a $mode container${missing ? ` (${missing})` : ''}`,
  ({ tier, mode }) => {
    let pool: PoolPeer;
    let pilot: PilotProcess;
    let cacheDirectory: string;

    beforeAll(async () => {
      cacheDirectory = await mkdtemp(join(tmpdir(), 'glidein-hostile-'));
      await rememberTier(cacheDirectory, tier);
      pool = await PoolPeer.listen();
      const [token, secret] = secrets;
      pilot = await PilotProcess.start({
        url: pool.url,
        token,
        cacheDirectory,
        environment: { ...(process.env as Record<string, string>), PILOTS_SECRET: secret },
        spec: {
          cpus: 4,
          memory: '4Gi',
          disk: '4Gi',
          lifetimes: { grace: '500ms' },
          runtime: {
            images: { path: [testRuntime.images] },
            limits: { processes: 100, openFiles: 300 },
            ...(mode === 'warm' ? { warm: {} } : {}),
          },
        },
      });
      expect((await pool.hello()).slot).toMatchObject({ GLIDEIN_RuntimeTier: `"${tier}"` });
    });
    afterAll(async () => {
      expect(pilot.child.exitCode).toBeNull();
      // Every payload could enter: otherwise they were tried in fresh containers.
      const slots = pool.heard.map(({ message }) => message).filter((message) => 'slot' in message);
      const { WarmContainers, WarmContainersReason } = slots.at(-1)?.slot ?? {};
      expect({ WarmContainers, WarmContainersReason }).toEqual(
        mode === 'warm' ? { WarmContainers: '1' } : {},
      );
      await pilot.destroy();
      await pool.close();
      await rm(cacheDirectory, { recursive: true, force: true });
    });

    /** Runs an attacker beside an innocent payload, which must not notice it. @returns how the attacker ended */
    async function attack(job: TestJob): Promise<Finished> {
      const beside = pool.startOf(innocent);
      pool.send(beside);
      await pool.next('started', ({ claim }) => claim.id === beside.claim.id);
      const finished = await pool.run(job, 60_000);
      await writeFile(join(claimDirectory(pilot.directory, beside.claim).job, 'go'), '');
      const unharmed = await pool.finished(beside.claim);
      pool.send({ type: 'recorded', claim: beside.claim });
      expect(unharmed.outcome).toEqual({ kind: 'exited', exitCode: 0 });
      expect(pool.content(unharmed.stdout)).toBe('mine\nmine\nmine\n/dev/shm:\nf\n\n/tmp:\nf\n');
      return finished;
    }

    it.each([
      [
        'forks without end',
        'b() { [ $1 -gt 0 ] || exec sleep 98001; b $(($1-1)) & b $(($1-1)) & wait; }; b 11',
        exceeded(105, /^the job had [0-9]+ processes and threads or more, and its group allows 100:/),
      ],
      [
        'opens files without end',
        'for i in $(seq 305); do : >n$i; done; exec tail -f n*',
        exceeded(106, /^a process of the job had [0-9]+ files open or more, and its group allows 300:/),
      ],
      [
        'fills the memory',
        'dd if=/dev/zero of=/dev/null bs=400M count=100000',
        exceeded(102, /^the job used [0-9]+ MiB of memory and asked for 64 MiB:/),
      ],
      [
        'fills the disk',
        'dd if=/dev/zero of=/tmp/big bs=1M count=200; sleep 60',
        exceeded(104, /^the job used [0-9.]+MiB of disk and asked for 20MiB:/),
      ],
      [
        'fills the disk with a file that has no name any more',
        'exec 3>/tmp/big; rm /tmp/big; dd if=/dev/zero bs=1M count=200 >&3; sleep 60',
        exceeded(104, /^the job used [0-9.]+MiB of disk and asked for 20MiB:/),
      ],
      [
        'prints without end',
        'yes | head -c 10000000000',
        exceeded(104, /^the job used [0-9.]+[MG]iB of disk and asked for 20MiB:/),
      ],
    ])('one that %s is ended, and its job held with the numbers', async (_what, script, outcome) => {
      expect((await attack(shell(script))).outcome).toEqual(outcome);
      expect(await processesWith('98001')).toEqual([]);
    });

    it('one that leaves daemons of daemons behind leaves none', async () => {
      const script =
        '(setsid sh -c "trap : TERM HUP; setsid sleep 98002 & sleep 98002" &) ; sleep 0.1; exit 3';
      expect((await attack(shell(script))).outcome).toEqual({ kind: 'exited', exitCode: 3 });
      expect(await processesWith('98002')).toEqual([]);
    });

    it('one that ignores all signals is killed after the grace, with its children', async () => {
      const start = pool.startOf(
        shell(
          'trap "" TERM HUP INT QUIT USR1; (setsid sleep 98003 &); echo up >/srv/up; while :; do sleep 98003; done',
        ),
      );
      pool.send(start);
      await expect.poll(() => processesWith('98003')).not.toEqual([]);
      pool.send({ type: 'stop', claim: start.claim, reason: 'told to' });
      expect((await pool.finished(start.claim)).outcome).toEqual({ kind: 'stopped', reason: 'told to' });
      expect(await processesWith('98003')).toEqual([]);
      pool.send({ type: 'recorded', claim: start.claim });
    });

    it('one that closes every file that it inherited ends with its own code', async () => {
      const script = 'for i in $(seq 3 299); do eval "exec $i>&-"; done; exec 0<&- 1>&- 2>&-; exit 6';
      expect((await attack(shell(script))).outcome).toEqual({ kind: 'exited', exitCode: 6 });
    });

    it('one that inherits files of the pilot finds none', async () => {
      const { stdout } = await attack(shell('for f in /proc/self/fd/*; do readlink $f; done; exit 0'));
      // In a warm container, claims lie in /srv until the payload has its own.
      const own = /^(\/dev\/null|\/proc\/.*|(.*\/claims|\/srv)\/[^/]+\/std(out|err))$/;
      expect(
        pool
          .content(stdout)
          .trim()
          .split('\n')
          .filter((line) => !own.test(line)),
      ).toEqual([]);
    });

    it('one that searches for the token, the environment and the files of the pilot finds nothing', async () => {
      const here = pilot.root;
      const script = `cat ${here}/token ${here}/order.json /proc/*/environ /proc/*/cwd/../token /proc/*/root${here}/token /proc/*/task/*/environ /srv/../environment ../environment 2>/dev/null | tr "\\0" "\\n" | head -c 1000000; ls ${here}; exit 0`;
      const finished = await attack(shell(script, {}, { disk: 200_000 }));
      expect(finished.outcome).toEqual({ kind: 'exited', exitCode: 0 });
      for (const secret of secrets) expect(pool.content(finished.stdout)).not.toContain(secret);
      expect(pool.content(finished.stderr)).toContain('No such file');
    });

    it('one that writes to the files of other payloads, wherever it sees them, changes none', async () => {
      const claims = join(pilot.directory, 'claims');
      const script = `for d in ${claims} /srv/../.. /proc/*/root${claims} /proc/*/cwd/..; do for f in $d/*/job/f $d/*/work/tmp/f $d/*/stdout; do echo spoiled >$f; done; done 2>/dev/null; exit 0`;
      expect((await attack(shell(script))).outcome).toEqual({ kind: 'exited', exitCode: 0 });
    });

    it('one that kills all processes that it can see kills only its own', async () => {
      const script =
        'trap "" TERM; for p in $(ls /proc); do case $p in *[!0-9]*|1|$$) ;; *) kill -9 $p ;; esac; done; kill -9 -1; exit 7';
      const finished = await attack(shell(script));
      expect(['exited', 'signalled']).toContain(finished.outcome.kind);
      expect(pilot.log).not.toContain('guardian was killed');
    });

    it('one that offers the pilot to the kernel when memory runs out is thwarted', async () => {
      const score = `/proc/${pilot.child.pid}/oom_score_adj`;
      const before = await readFile(score, 'utf8');
      await attack(shell(`echo 1000 >${score}; sleep 0.5; exit 0`));
      expect(await readFile(score, 'utf8')).toBe(before);
    });

    it('one that changes what belongs to the machine is refused, even if its pilot is root', async () => {
      const places =
        '/proc/sys/kernel/core_pattern /proc/sys/vm/drop_caches /proc/irq/default_smp_affinity /etc/hosts $(find /sys/fs/cgroup -name "*.procs" | head -n 3)';
      const script = `for f in ${places}; do (: >>$f) 2>/dev/null && echo $f; done; chmod 666 /dev/null && echo null; exit 0`;
      expect(pool.content((await attack(shell(script))).stdout)).toBe('');
    });

    it('one that traces, or changes the memory of, processes that are not its own is refused', async () => {
      const script = `for p in /proc/[0-9]*; do [ -r $p/environ ] 2>/dev/null; (exec 3<>$p/mem) 2>/dev/null && readlink $p/exe; done; exit 0`;
      const { stdout } = await attack(shell(script));
      expect(pool.content(stdout)).not.toMatch(/node/);
    });

    it('one that returns links to files outside its directory returns none of them', async () => {
      const script =
        'ln -s /etc/passwd passwd; ln -s /proc/self/root/etc/passwd root; ln -s ../environment environment; ln -s / all; ln -s /srv/passwd again; echo x >real';
      const finished = await attack(shell(script, { TransferOutput: '"./"' }));
      expect(finished.outputs.map(({ name }) => name)).toEqual(['real']);
      expect(finished.left?.map(({ name }) => name)).toEqual([
        'again',
        'all',
        'environment',
        'passwd',
        'root',
      ]);
      const named = await attack(shell('ln -s /etc/passwd passwd', { TransferOutput: '"passwd"' }));
      expect(named.outcome).toMatchObject({ kind: 'outputFailed', holdCode: 12 });
    });

    it('one that makes files with odd names returns those that have a name, and all of them are removed', async () => {
      const script =
        'touch -- "$(printf "\\\\377\\\\376")" "$(printf "a\\\\nb")" "$(printf "\\\\033[31m")" "-rf" "$(printf "%0255d" 1)"; mkdir -p "$(printf "d\\\\377")/x"; chmod 0 "$(printf "d\\\\377")"';
      const start = pool.startOf(shell(script, { TransferOutput: '"./"' }));
      pool.send(start);
      const finished = await pool.finished(start.claim);
      expect(finished.outcome).toEqual({ kind: 'exited', exitCode: 0 });
      expect(finished.outputs.map(({ name }) => name)).toEqual([
        '\u001b[31m',
        '-rf',
        `${'0'.repeat(254)}1`,
        'a\nb',
      ]);
      expect(finished.left).toHaveLength(2);
      pool.send({ type: 'recorded', claim: start.claim });
      await expect.poll(() => readdir(join(pilot.directory, 'claims'))).toEqual([]);
    });

    it('one that ends with any code or signal is reported with it', async () => {
      const codes = [0, 1, 2, 126, 127, 128, 129, 130, 137, 143, 254, 255];
      const signals = ['HUP', 'ABRT', 'KILL', 'SEGV', 'USR2', 'TERM'];
      const ends = await Promise.all([
        ...codes.map((code) => pool.run(shell(`exit ${code}`))),
        ...signals.map((signal) => pool.run(shell(`kill -${signal} $$`))),
      ]);
      expect(ends.map(({ outcome }) => outcome)).toEqual([
        ...codes.map((exitCode) => ({ kind: 'exited', exitCode })),
        ...signals.map((signal) => ({ kind: 'signalled', signal: `SIG${signal}` })),
      ]);
    });
  },
);
