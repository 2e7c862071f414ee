import { access, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Clock, systemClock } from '#base/clock.ts';
import { PoolClient } from '#client/pool-client.ts';
import { pilotSpec } from '#spec/pilot.ts';
import { createLogger } from '#telemetry/logger.ts';
import { PoolPeer, type TestJob } from '#testing/pool-peer.ts';
import { ImagesAtHand } from '../images/images-at-hand.ts';
import { Guardian } from '../runtime/guardian.ts';
import { Launcher } from '../runtime/launcher.ts';
import { BlobCache } from '../transfer/blob-cache.ts';
import { transfersOf } from '../transfer/transfers-of.ts';
import { Deadline } from './claim/deadline.ts';
import { noServices } from './claim/discovery.ts';
import { FreeNumbers } from './claim/free-numbers.ts';
import { Payload } from './payload.ts';
import { ResourceWatch } from './watch/resource-watch.ts';

/** Stands for apptainer: leaves the marker of a container that came up, and a process in its session. */
const fake = `#!/bin/sh
while [ "$1" != --workdir ]; do shift; done
: > "$2/tmp/.glidein-started"
sleep 97531 &
exit 0
`;

let directory: string;
let pool: PoolPeer;
let client: PoolClient;
let guardian: Guardian;
const logger = createLogger('test', { level: 'silent' });

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'glidein-payload-'));
  await writeFile(join(directory, 'apptainer'), fake, { mode: 0o755 });
  await mkdir(join(directory, 'images/hello'), { recursive: true });
  await mkdir(join(directory, 'cache/blobs'), { recursive: true });
  pool = await PoolPeer.listen();
  client = new PoolClient({ url: pool.url, token: () => 'token' });
  guardian = new Guardian(logger);
});
afterEach(async () => {
  guardian.close();
  await client.close();
  await pool.close();
  await rm(directory, { recursive: true, force: true, maxRetries: 5 });
});

function payload(
  clock: Clock,
  {
    ad = {},
    inputs = [],
    resources = {},
    onStarted = () => {},
    mounts = async () => {},
  }: Partial<TestJob> & { onStarted?: () => void; mounts?: () => Promise<void> } = {},
): Payload {
  const start = pool.startOf({
    ad: { Cmd: '"/bin/true"', TransferExecutable: 'false', ContainerImage: '"hello"', ...ad },
    inputs,
    resources,
  });
  const spec = pilotSpec.parse({ cpus: 1, memory: '1Gi' });
  const noLauncher = new Launcher(directory, 'no machine');
  const context = {
    apptainer: { path: join(directory, 'apptainer'), version: '1.4.5', tier: 'A' as const },
    guardian,
    launcher: noLauncher,
    warm: undefined,
    images: {
      path: [join(directory, 'images')],
      allowed: [],
    },
    grace: 60_000,
    directory,
    slot: () => ({ Name: '"pilot-1"' }),
    fetched: { hold: () => Promise.reject(new Error('nothing is fetched')) },
    fetchedFiles: { hold: () => Promise.reject(new Error('nothing is fetched')) },
    imagesAtHand: new ImagesAtHand(() => {}),
    remote: spec.runtime.images.remote,
    network: 'Shared' as const,
    mounts: () => mounts().then(() => ({ mounts: [], absent: [] })),
    gpus: async () => undefined,
    slotNumbers: new FreeNumbers(1),
    gpuNumbers: new FreeNumbers(0),
    cache: new BlobCache({ directory: join(directory, 'cache'), client, most: 2 ** 30, clock: systemClock }),
    resources: new ResourceWatch({
      directory,
      launcher: noLauncher,
      clock: systemClock,
      logger,
      diskFull: () => {},
      limits: { processes: 1000, openFiles: 1000 },
      cpus: 1,
    }),
    uploader: { client, clock, random: () => 0 },
    transfers: transfersOf(
      spec.transfer,
      { found: [], hidden: [] },
      { clock, random: () => 0, guardian, logger },
    ),
    transferLimit: 3_600_000,
    discover: () => noServices,
    deadline: new Deadline(() => 0),
    mostOutputs: undefined,
    outputLists: () => true,
    checkpoints: () => true,
    clock,
    logger,
  };
  return new Payload(start, context, { started: onStarted, checkpointed: () => {} });
}

it.each(['stop', 'kill'] as const)(
  'a %s during the sweep of a payload that has ended does not change how it ended',
  async (end) => {
    let swept = 0;
    // Only the sweep waits for so short a time. When it does, apptainer has ended and its child has not.
    const clock: Clock = {
      ...systemClock,
      after: (milliseconds, run) => {
        if (milliseconds <= 10) {
          swept += 1;
          made[end]('removed');
        }
        return systemClock.after(milliseconds, run);
      },
    };
    const made = payload(clock);
    const finished = await made.run();
    expect(swept).toBeGreaterThan(0);
    expect(finished?.outcome).toEqual({ kind: 'exited', exitCode: 0 });
  },
);

it('the directory of a payload that is stopped while it is staged is removed once nothing is put into it any more', async () => {
  const gate = Promise.withResolvers<void>();
  const made = payload(systemClock, { mounts: () => gate.promise });
  const run = made.run();
  made.kill('the lease is over');
  await run;
  let isRemoved = false;
  const removal = made.remove().then(() => {
    isRemoved = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(isRemoved).toBe(false);
  gate.resolve();
  await removal;
  await expect(access(made.directory.root)).rejects.toThrow('ENOENT');
});

it('a payload that is killed before its start starts nothing', async () => {
  const made = payload(systemClock);
  made.kill('the lease is over');
  expect((await made.run())?.outcome).toEqual({ kind: 'stopped', reason: 'the lease is over' });
  expect(made.startedAt).toBeUndefined();
});

/** Runs a job whose program ignores SIGTERM, until it has begun. The pilot would give it a minute after a stop. */
async function ignoringSigterm(ad: Record<string, string>) {
  // It ignores SIGTERM before it reports that it has begun.
  const program = fake.replace('#!/bin/sh', "#!/bin/sh\ntrap '' TERM").replace('exit 0', 'wait');
  await writeFile(join(directory, 'apptainer'), program, { mode: 0o755 });
  const begun = Promise.withResolvers<void>();
  const made = payload(systemClock, { ad, onStarted: begun.resolve });
  const finished = made.run();
  await begun.promise;
  return { made, finished };
}

it('a job that is held and then removed without grace is killed at the removal', async () => {
  const { made, finished } = await ignoringSigterm({ WantGracefulRemoval: 'false' });
  made.stop('held', { cause: 'hold' });
  made.stop('removed', { cause: 'remove' });
  expect((await finished)?.outcome).toEqual({ kind: 'stopped', reason: 'held' });
});

it.each(['JobMaxVacateTime', 'KillSigTimeout'])(
  'a program that ignores SIGTERM is killed after the %s of its job',
  async (name) => {
    const { made, finished } = await ignoringSigterm({ [name]: '0.1' });
    made.stop('vacated');
    expect((await finished)?.outcome).toEqual({ kind: 'stopped', reason: 'vacated' });
  },
);

it.each(['.job.ad', '.machine.ad/x', '.tmp/deep/x'])(
  'the input %s, whose place the pilot itself needs, is blamed on the job and not on the pilot',
  async (name) => {
    const folder = {
      name,
      digest: `sha256:${'0'.repeat(64)}`,
      size: 0,
      executable: false,
      emptyFolder: true,
    };
    const made = payload(systemClock, { inputs: [folder] });
    expect((await made.run())?.outcome).toMatchObject({ kind: 'startFailed', blame: 'job', holdCode: 13 });
  },
);

it("a job whose inputs exceed its max_transfer_input_mb is held with HTCondor's code before they are downloaded", async () => {
  const inputs = [pool.file('a', Buffer.alloc(2 ** 20)), pool.file('b', 'one byte more')];
  const made = payload(systemClock, { inputs, ad: { MaxTransferInputMB: '1' } });
  expect((await made.run())?.outcome).toMatchObject({
    kind: 'startFailed',
    blame: 'job',
    holdCode: 32,
    reason: 'the input files have 2 MiB, and the job allows 1 MiB',
  });
  expect(pool.downloads.size).toBe(0);
});

it('inputs as large as max_transfer_input_mb are downloaded', async () => {
  const inputs = [pool.file('a', Buffer.alloc(2 ** 20))];
  const made = payload(systemClock, { inputs, ad: { MaxTransferInputMB: '1' } });
  expect((await made.run())?.outcome).toEqual({ kind: 'exited', exitCode: 0 });
  expect(pool.downloads.size).toBe(1);
});

it('a payload does not start without the devices of the GPUs that it was given', async () => {
  const made = payload(systemClock, { resources: { gpus: 1 } });
  expect((await made.run())?.outcome).toMatchObject({
    kind: 'startFailed',
    blame: 'pilot',
    reason: 'the job was given GPUs, but no GPU has a device on this node',
  });
  expect(made.fault).toBe('node');
});
