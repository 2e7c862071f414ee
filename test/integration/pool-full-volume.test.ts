import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GlideinError } from '#base/error.ts';
import { uploadBlob } from '#client/blobs.ts';
import { PoolClient } from '#client/pool-client.ts';
import { mintToken } from '#pool/auth/tokens.ts';
import { submitOf } from '#testing/ads.ts';
import { eventually } from '#testing/eventually.ts';
import { killsOnFullVolume } from '#testing/full-volume-kills.ts';
import { PoolCommand } from '#testing/pool-command.ts';
import { SmallVolume } from '#testing/small-volume.ts';
import { jobActionAnswer, jobsAnswer, submitAnswer } from '#wire/jobs.ts';

const isRoot = process.getuid?.() === 0;

describe.skipIf(!isRoot)('a pool on a volume that fills up (mounting one needs root)', () => {
  let volume: SmallVolume;
  let scratch: string;
  let pool: PoolCommand;
  let client: PoolClient;
  let other: PoolClient;
  let acknowledged = 0;
  const first: number[] = [];

  const start = async () => {
    pool = await PoolCommand.start({ directory: volume.path, port: pool?.port ?? 0 });
    const key = await readFile(join(volume.path, 'pool.key'));
    const clientOf = (subject: string) =>
      new PoolClient({ url: pool.url, token: () => mintToken(key, { subject, role: 'submitter' }, 3600) });
    client = clientOf('alice');
    other = clientOf('bob');
  };
  const submit = async (procs = 1) => {
    const answer = await client.json('/v1/jobs', submitAnswer, { method: 'POST', json: submitOf(procs) });
    acknowledged += answer.procs;
    return answer.cluster;
  };
  const upload = async (bytes: number, by = client) => {
    const path = join(scratch, 'input');
    await writeFile(path, randomBytes(bytes));
    await uploadBlob(by, path);
  };
  const close = () => Promise.all([client?.close(), other?.close()]);
  const act = (action: string, cluster: number) =>
    client.json('/v1/jobs/actions', jobActionAnswer, {
      method: 'POST',
      json: { action, jobs: [`${cluster}`], reason: 'test' },
    });
  const stateOf = async () => ((await (await fetch(`${pool.url}/readyz`)).json()) as { state: string }).state;
  const refusal = async (tried: Promise<unknown>): Promise<GlideinError> => {
    const error = await tried.then(
      () => undefined,
      (caught: unknown) => caught,
    );
    if (error instanceof GlideinError) return error;
    throw new Error('it was not refused', { cause: error });
  };

  beforeAll(async () => {
    volume = await SmallVolume.mount(24);
    scratch = await mkdtemp(join(tmpdir(), 'glidein-scratch-'));
    await start();
  });
  afterAll(async () => {
    await pool?.end('SIGKILL');
    await volume?.unmount();
    await rm(scratch, { recursive: true, force: true });
    await close();
  });

  it('refuses inputs with the reason before the volume is full, and names the state', async () => {
    for (let job = 0; job < 5; job += 1) first.push(await submit(10));
    let refused: GlideinError | undefined;
    for (let file = 0; file < 30 && refused === undefined; file += 1)
      refused = await upload(2 ** 20).then(
        () => undefined,
        (error: GlideinError) => error,
      );
    expect(refused).toMatchObject({ code: 'NoSpace', message: expect.stringMatching(/24Mi are free/) });
    expect(await refusal(submit(100_000))).toMatchObject({ code: 'NoSpace' });
  });

  it('accepts small files of others if one owner has filled the rest of the volume with small files', async () => {
    let refused: GlideinError | undefined;
    for (let file = 0; file < 400 && refused === undefined; file += 1)
      refused = await upload(2 ** 16).then(
        () => undefined,
        (error: GlideinError) => error,
      );
    expect(refused).toMatchObject({ code: 'NoSpace', message: expect.stringMatching(/scarce/) });
    expect(await stateOf()).toBe('Serving');
    await upload(2 ** 16, other);
  });

  it('removes jobs, using its reserve, if others have filled the volume to the last byte', async () => {
    await volume.fill();
    expect(await refusal(submit())).toMatchObject({ code: 'NoSpace' });
    expect(await act('hold', first[0] ?? 0)).toMatchObject({ changed: 10 });
    expect(await act('remove', first[0] ?? 0)).toMatchObject({ changed: 10 });
    acknowledged -= 10;
    expect(await stateOf()).toBe('NoSpace');
  });

  it('records nothing, says so and keeps running if the reserve is used up as well', async () => {
    const states = new Set<string>();
    for (let time = 0; time < 400 && !states.has('Full'); time += 1) {
      await volume.fill();
      for (const action of ['hold', 'release']) {
        if (states.has('Full')) break;
        // A request that finds no room is not answered before there is room, so this does not wait for it.
        let isOver = false;
        const done = act(action, first[1] ?? 0).then(
          () => (isOver = true),
          () => (isOver = true),
        );
        while (!isOver && !states.has('Full')) {
          await Promise.race([done, sleep(50)]);
          states.add(await stateOf());
        }
      }
    }
    expect(states).toContain('Full');
    expect(await refusal(act('hold', first[1] ?? 0))).toMatchObject({ code: 'NoSpace' });
    expect(pool.child.exitCode).toBeNull();
  });

  it('ends when it is told to, although there is no room for its last records', async () => {
    expect(await stateOf()).toBe('Full');
    expect(await pool.end('SIGTERM')).toEqual({ code: 0, signal: null });
  }, 30_000);

  it('starts again on the full volume with everything that it acknowledged', async () => {
    await close();
    await start();
    await close();
    await pool.end('SIGKILL');
    await start();
    expect((await client.json('/v1/jobs', jobsAnswer)).total).toBe(acknowledged);
    expect(await stateOf()).not.toBe('Serving');
  });

  it('serves again by itself when there is room', async () => {
    await volume.resize(96);
    await eventually(async () => expect(await stateOf()).toBe('Serving'));
    await submit();
    expect((await client.json('/v1/jobs', jobsAnswer)).total).toBe(acknowledged);
  });

  it('starts on a volume without a free byte, whenever it was killed', async () => {
    const report = await killsOnFullVolume({ times: 4, random: Math.random, log: () => undefined });
    expect(report).toMatchObject({ starts: 4, wrong: [] });
    expect(report.states).not.toContain('Serving');
  }, 180_000);
});
