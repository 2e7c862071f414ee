import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { missingRuntime, PilotProcess } from '#testing/pilot-process.ts';
import { PoolPeer } from '#testing/pool-peer.ts';
import type { Checkpoint } from '#wire/checkpoint.ts';
import type { ClaimRef } from '#wire/claim.ts';

const missing = await missingRuntime();

const savesWith = (code: number): Record<string, string> => ({
  SuccessCheckpointExitCode: String(code),
  WantFTOnCheckpoint: 'true',
});

/** A job that runs this script. */
const shell = (script: string, more: Record<string, string>) => ({
  ad: {
    Cmd: '"/bin/sh"',
    Arguments: JSON.stringify(`-c '${script}'`),
    TransferExecutable: 'false',
    ContainerImage: '"hello"',
    ...more,
  },
});

/** Counts its executions in `state`, prints the count, and saves it until it is three. */
const counts =
  'n=$((`cat state 2>/dev/null || echo 0` + 1)); echo $n > state; echo run $n; echo $n > other; [ $n -ge 3 ] || exit 85';

describe.skipIf(missing !== undefined)(
  `payloads that save their work, in real containers${missing ? ` (${missing})` : ''}`,
  () => {
    let pool: PoolPeer;
    let pilot: PilotProcess;
    beforeAll(async () => {
      pool = await PoolPeer.listen();
      pilot = await PilotProcess.start({ url: pool.url, spec: { lifetimes: { grace: '10s' } } });
      await pool.hello();
    });
    afterAll(async () => {
      await pilot.destroy();
      await pool.close();
    });

    const saved = ({ id }: ClaimRef, number = 0) =>
      pool.next('checkpointed', ({ claim, checkpoint }) => claim.id === id && checkpoint.number === number);
    const contents = ({ files }: Checkpoint) =>
      Object.fromEntries(files.map((file) => [file.name, pool.content(file)]));

    it('go on at once, in their directory, and print further; the pool gets what they name, and hears of one start', async () => {
      const finished = await pool.run(shell(counts, { ...savesWith(85), TransferCheckpoint: '"state"' }));
      expect(finished.outcome).toEqual({ kind: 'exited', exitCode: 0 });
      expect(pool.content(finished.stdout)).toBe('run 1\nrun 2\nrun 3\n');
      const first = await saved(finished.claim);
      expect(contents(first.checkpoint)).toEqual({ state: '1\n' });
      expect(pool.content(first.checkpoint.stdout)).toBe('run 1\n');
      const second = await saved(finished.claim, 1);
      expect(contents(second.checkpoint)).toEqual({ state: '2\n' });
      expect(finished.startedAt).toBeLessThan(second.at);
      const starts = pool.heard.filter(
        ({ message }) => message.type === 'started' && message.claim.id === finished.claim.id,
      );
      expect(starts).toHaveLength(1);
    });

    it('begin with what an earlier pilot has saved, over their inputs and before what they print', async () => {
      const job = shell(counts, { ...savesWith(85), Out: '"both"', Err: '"both"' });
      const start = pool.startOf({ ...job, inputs: [pool.file('state', '0\n')] });
      const checkpoint = {
        number: 7,
        files: [pool.file('state', '1\n'), pool.file('untouched', 'mine\n')],
        folders: ['empty'],
        stdout: pool.file('stdout', 'run 1\n'),
      };
      pool.send({ ...start, checkpoint });
      const { checkpoint: next } = await saved(start.claim, 8);
      expect(contents(next)).toEqual({ state: '2\n', other: '2\n', untouched: 'mine\n' });
      const finished = await pool.finished(start.claim);
      expect(pool.content(finished.stdout)).toBe('run 1\nrun 2\nrun 3\n');
      expect(finished.outputs.map(({ name }) => name)).toEqual(['other', 'state', 'untouched']);
      pool.send({ type: 'recorded', claim: start.claim });
    });

    it('save their work when they are asked to end, and are not executed again', async () => {
      const script = 'trap "echo saved > state; exit 85" TERM; sleep 60 & wait';
      const start = pool.startOf(shell(script, savesWith(85)));
      pool.send(start);
      await pool.next('started', ({ claim }) => claim.id === start.claim.id);
      // The program has set its trap when its child is there.
      await new Promise((resolve) => setTimeout(resolve, 300));
      pool.send({ type: 'stop', claim: start.claim, reason: 'drain', cause: 'vacate' });
      const finished = await pool.finished(start.claim);
      expect(finished.outcome).toEqual({ kind: 'stopped', reason: 'drain' });
      expect(contents((await saved(start.claim)).checkpoint)).toEqual({ state: 'saved\n' });
      pool.send({ type: 'recorded', claim: start.claim });
    });

    it.each([
      ['vacate', 1],
      ['hold', 1],
      ['remove', 0],
    ] as const)(
      'with ON_EXIT_OR_EVICT and a stop to %s, %i of their outputs are kept',
      async (cause, kept) => {
        const script = 'trap "exit 1" TERM; echo half > out; sleep 60 & wait';
        const start = pool.startOf(shell(script, { WhenToTransferOutput: '"ON_EXIT_OR_EVICT"' }));
        pool.send(start);
        await pool.next('started', ({ claim }) => claim.id === start.claim.id);
        await new Promise((resolve) => setTimeout(resolve, 300));
        pool.send({ type: 'stop', claim: start.claim, reason: 'enough', cause });
        await pool.finished(start.claim);
        const all = pool.heard.flatMap(({ message }) =>
          message.type === 'checkpointed' && message.claim.id === start.claim.id ? [message.checkpoint] : [],
        );
        expect(all.map(contents)).toEqual(kept === 1 ? [{ out: 'half\n' }] : []);
        pool.send({ type: 'recorded', claim: start.claim });
      },
    );

    it('go on although a file that they name is missing, and the owner is told', async () => {
      const script = 'test -e again && exit 0; touch again; exit 85';
      const finished = await pool.run(shell(script, { ...savesWith(85), TransferCheckpoint: '"no-such"' }));
      expect(finished.outcome).toEqual({ kind: 'exited', exitCode: 0 });
      expect(finished.left).toContainEqual({
        name: 'checkpoint',
        reason: 'it is not kept: the job did not create its output "no-such"',
      });
    });

    it('repeat what they have saved on a new connection until the pool has it', async () => {
      const script = 'test -e again && sleep 60; touch again; exit 85';
      const start = pool.startOf(shell(script, savesWith(85)));
      pool.send(start);
      const { checkpoint } = await saved(start.claim);
      const count = () =>
        pool.heard.filter(
          ({ message }) => message.type === 'checkpointed' && message.claim.id === start.claim.id,
        ).length;
      const hellos = () => pool.heard.filter(({ message }) => message.type === 'hello').length;
      let before = hellos();
      pool.disconnect();
      await pool.hello(before + 1);
      await expect.poll(count).toBe(2);
      pool.send({ type: 'kept', claim: start.claim, number: checkpoint.number });
      pool.send({ type: 'stop', claim: start.claim, reason: 'enough' });
      await pool.finished(start.claim);
      before = hellos();
      pool.disconnect();
      await pool.hello(before + 1);
      await pool.next('finished', ({ claim }) => claim.id === start.claim.id);
      expect(count()).toBe(2);
      pool.send({ type: 'recorded', claim: start.claim });
    });

    it('get no file of the pilot through links that they leave in the place of files that are opened again', async () => {
      const script =
        'test -e again && exit 9; touch again; rm in; ln -s /etc/hostname in; ln -sf /etc/hostname /tmp/.glidein-not-yet; exit 85';
      const finished = await pool.run({
        ...shell(script, { ...savesWith(85), In: '"in"' }),
        inputs: [pool.file('in', 'x')],
      });
      expect(finished.outcome).toMatchObject({ kind: 'startFailed', blame: 'job', holdCode: 8 });
    });
  },
);
