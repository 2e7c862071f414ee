import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { missingRuntime, PilotProcess } from '#testing/pilot-process.ts';
import { PoolPeer, type TestJob } from '#testing/pool-peer.ts';

const missing = await missingRuntime();
const mebi = 2 ** 20;

const shell = (script: string, resources: TestJob['resources'] = {}): TestJob => ({
  ad: {
    Cmd: '"/bin/sh"',
    Arguments: `"-c '${script}'"`,
    TransferExecutable: 'false',
    ContainerImage: '"hello"',
    RequestMemory: '64',
    RequestDisk: '20480',
  },
  resources: { memory: 128, disk: 20_480, ...resources },
});

/** A program that uses so many MiB of memory until it is killed. */
const hog = (size: number) => `dd if=/dev/zero of=/dev/null bs=${size}M count=100000`;

describe.skipIf(missing !== undefined)(`resources of payloads${missing ? ` (${missing})` : ''}`, () => {
  let pool: PoolPeer;
  let pilot: PilotProcess;

  beforeAll(async () => {
    pool = await PoolPeer.listen();
    pilot = await PilotProcess.start({ url: pool.url, spec: { cpus: 4, lifetimes: { grace: '1s' } } });
    await pool.hello();
  });
  afterAll(async () => {
    await pilot.destroy();
    await pool.close();
  });

  it.each([
    ['memory of its own', hog(400)],
    ['memory of many processes, each of them within bounds', `${hog(60)} & ${hog(60)} & ${hog(60)} & wait`],
    ['/dev/shm', 'dd if=/dev/zero of=/dev/shm/x bs=1M count=600; sleep 60'],
    ['/dev', 'dd if=/dev/zero of=/dev/x bs=1M count=600; sleep 60'],
  ])(
    'a payload that uses too much of %s is killed, and its job held with the numbers',
    async (_what, script) => {
      const { outcome, usage } = await pool.run(shell(script));
      expect(outcome).toMatchObject({ kind: 'exceeded', holdCode: 34 });
      expect(outcome).toHaveProperty(
        'reason',
        expect.stringMatching(
          /^the job used [0-9]+ MiB of memory and asked for 64 MiB \(it was given 128 MiB\)/,
        ),
      );
      expect(usage.memoryPeakBytes).toBeGreaterThan(128 * mebi);
    },
  );

  it('a payload that fills /dev/shm is killed before it uses up the pod’s overhead', async () => {
    const { usage } = await pool.run(shell('dd if=/dev/zero of=/dev/shm/x bs=1M count=600; sleep 60'));
    // The pod's overhead is 256 MiB unless the group says otherwise.
    expect(usage.memoryPeakBytes).toBeLessThan((128 + 256) * mebi);
  });

  it('the kernel limits a payload’s files in memory to a little more than is tolerated', async () => {
    // The limit is in force before the first instruction, so there is no need to wait for it.
    const finished = await pool.run(shell('df -k /dev /dev/shm; exit 3'));
    expect(finished.outcome).toEqual({ kind: 'exited', exitCode: 3 });
    expect(pool.content(finished.stdout).match(/^tmpfs +143360 /gm)).toHaveLength(2);
  });

  it('a payload within its request goes on beside one that is killed', async () => {
    const good = pool.startOf(shell(`timeout 2 ${hog(90)}; exit 7`));
    pool.send(good);
    await pool.next('started', ({ claim }) => claim.id === good.claim.id);
    expect((await pool.run(shell(hog(400)))).outcome.kind).toBe('exceeded');
    const finished = await pool.finished(good.claim);
    expect(finished.outcome).toEqual({ kind: 'exited', exitCode: 7 });
    expect(finished.usage.memoryPeakBytes).toBeGreaterThan(90 * mebi);
    expect(finished.usage.memoryPeakBytes).toBeLessThan(110 * mebi);
    pool.send({ type: 'recorded', claim: good.claim });
  });

  it.each([
    ['its folder', 'dd if=/dev/zero of=big bs=1M count=40; sleep 60'],
    ['/tmp', 'dd if=/dev/zero of=/tmp/big bs=1M count=40; sleep 60'],
    ['standard output', 'dd if=/dev/zero bs=1M count=40; sleep 60'],
    ['many small files', 'i=0; while [ $i -lt 8000 ]; do echo x > f$i; i=$((i+1)); done; sleep 60'],
  ])(
    'a payload that writes too much to %s is killed, and its job held with the numbers',
    async (_what, script) => {
      const { outcome, usage } = await pool.run(shell(script), 120_000);
      expect(outcome).toMatchObject({ kind: 'exceeded', holdCode: 34 });
      expect(outcome).toHaveProperty(
        'reason',
        expect.stringMatching(/^the job used [0-9.]+MiB of disk and asked for 20MiB:/),
      );
      expect(usage.diskPeakBytes).toBeGreaterThan(20 * mebi);
    },
    150_000,
  );

  it('the result of a payload says how much processor time, memory and disk it used', async () => {
    const script = 'dd if=/dev/zero of=f bs=1M count=5; i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done';
    const { usage } = await pool.run(shell(script));
    expect(usage.cpuSeconds).toBeGreaterThan(0.05);
    expect(usage.cpuSeconds).toBeLessThan(usage.wallSeconds + 0.5);
    expect(usage.diskPeakBytes).toBeGreaterThan(5 * mebi);
    expect(usage.memoryPeakBytes).toBeGreaterThan(mebi / 2);
  });
});
