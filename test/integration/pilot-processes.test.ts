import { access, mkdir, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '#testing/eventually.ts';
import { missingRuntime, PilotProcess } from '#testing/pilot-process.ts';
import { PoolPeer } from '#testing/pool-peer.ts';

/** The folder of this machine's control groups that limit processes: of version 1, or of version 2. */
async function pidsFolder(): Promise<string | undefined> {
  for (const folder of ['/sys/fs/cgroup/pids', '/sys/fs/cgroup'])
    if (
      await access(join(folder, 'cgroup.procs')).then(
        () => true,
        () => false,
      )
    )
      return folder;
  return undefined;
}

const folder = process.getuid?.() === 0 ? await pidsFolder() : undefined;
const missing =
  (await missingRuntime()) ?? (folder === undefined ? 'only root can make a control group' : undefined);

const most = 500;

const shell = (script: string) => ({
  ad: {
    Cmd: '"/bin/sh"',
    Arguments: JSON.stringify(`-c '${script}'`),
    TransferExecutable: 'false',
    ContainerImage: '"hello"',
  },
});

describe.skipIf(missing !== undefined)(
  `a pilot in a pod that may have ${most} processes${missing ? ` (${missing})` : ''}`,
  () => {
    const group = join(folder ?? '/nowhere', `glidein-test-${process.pid}`);
    let pool: PoolPeer;
    let pilot: PilotProcess;

    beforeAll(async () => {
      await mkdir(group);
      await writeFile(join(group, 'pids.max'), String(most));
      pool = await PoolPeer.listen();
      pilot = await PilotProcess.start({ url: pool.url, spec: { cpus: 2, memory: '1Gi' } });
      // Long before it asks for its limits.
      await writeFile(join(group, 'cgroup.procs'), String(pilot.child.pid));
      await pool.hello();
    });
    afterAll(async () => {
      await pilot.destroy();
      await pool.close();
      await eventually(() => rmdir(group));
    });

    it('ends the payload that uses them up, and the others and the pilot go on', async () => {
      const beside = pool.startOf(shell('sleep 3; exit 7'));
      pool.send(beside);
      await pool.next('started', ({ claim }) => claim.id === beside.claim.id);
      const { outcome } = await pool.run(
        shell('i=0; while [ $i -lt 330 ]; do sleep 98005 & i=$((i+1)); done; wait'),
      );
      expect(outcome).toMatchObject({
        kind: 'exceeded',
        subcode: 105,
        reason: expect.stringMatching(
          /^the job had [0-9]+ processes and threads when the 500 that its pilot may have were nearly used up/,
        ),
      });
      expect((await pool.finished(beside.claim)).outcome).toEqual({ kind: 'exited', exitCode: 7 });
      pool.send({ type: 'recorded', claim: beside.claim });
      expect((await pool.run(shell('exit 4'))).outcome).toEqual({ kind: 'exited', exitCode: 4 });
    });
  },
);
